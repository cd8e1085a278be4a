"""How often the first actions of a policy hold one as good as the best of all.

    python -m benchmarks.shortlist AGENT --data DIR/l2rpn_wcci_2022_select --episodes 12 \
        --output FOLDER

The search plays episodes and simulates all actions of the agent at each overload, as in the lessons
of a training. Counted are the decisions in which some action is better than doing nothing. An order
is that of a policy, or that of the action file, which is the same in all states.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.command import run_command
from powrl.configuration.learning_sections import ImitationSettings
from powrl.configuration.scenario_sections import ScenarioSettings, Split
from powrl.configuration.sections import Configuration
from powrl.configuration.training_section import TrainingSettings
from powrl.learning.imitation import AS_GOOD
from powrl.learning.lessons import Lessons
from powrl.learning.teacher import record_lessons
from powrl.player.agent_folder import ACTIONS_FILE, AgentSettings, load_policy
from powrl.player.errors import PowrlError
from powrl.workspace.shipped import find_agent

SIZES = (1, 3, 10, 30, 60, 120)
"""How many actions of an order are simulated."""


def lessons_of(
    agent: Path, data: Path, scenarios: str, episodes: int, redispatch: bool, folder: Path
) -> Lessons:
    """The overloads that an agent's search meets, with the rank of each of its actions.

    Parameters
    ----------
    redispatch:
        Whether generators are moved, too.
    folder:
        Where the episodes are kept: what is there is not played again.
    """
    settings = AgentSettings.load(agent)
    configuration = Configuration(
        environment=settings.environment,
        actions=str(agent / ACTIONS_FILE),
        observation=settings.observation,
        scenarios=ScenarioSettings(
            data=str(data.parent), train=Split(folder=data.name, names=scenarios)
        ),
        overload=settings.overload,
        imitation=ImitationSettings(episodes=episodes),
        training=TrainingSettings(redispatch=redispatch),
    )
    folder.mkdir(parents=True, exist_ok=True)
    return Lessons.joined(record_lessons(configuration, folder, 1, lambda _: None))


def excesses(ranks: np.ndarray, orders: np.ndarray, size: int) -> np.ndarray:
    """By how much the best of the first actions ranks worse than the best of all.

    Doing nothing is always among them.

    Parameters
    ----------
    ranks:
        Rank of each action in each state, shape ``(n, n_actions + 1)``; 0 is do nothing.
    orders:
        The actions in the order in which they are simulated, shape ``(n, n_actions)``.
    size:
        How many of them are.

    Returns
    -------
    numpy.ndarray
        Shape ``(n,)``; infinite where all of them end the episode.
    """
    first = np.take_along_axis(ranks, orders[:, :size], axis=1).min(axis=1)
    return np.asarray(np.minimum(first, ranks[:, 0]) - ranks.min(axis=1))


def policy_orders(agent: Path, lessons: Lessons) -> np.ndarray:
    """The actions of each state, those first that the agent's policy prefers and may play.

    Raises
    ------
    PowrlError
        The agent has no policy.
    """
    policy = load_policy(agent, AgentSettings.load(agent))
    if policy is None:
        raise PowrlError(f"the agent {agent} has no policy.")
    allowed = np.isfinite(lessons.ranks)
    allowed[:, 0] = False
    preferences = np.array([policy.logits(features) for features in lessons.features])
    return np.argsort(np.where(allowed, -preferences, np.inf), axis=1, kind="stable")


def file_orders(lessons: Lessons) -> np.ndarray:
    """The same in the order of the action file."""
    allowed = np.isfinite(lessons.ranks)
    allowed[:, 0] = False
    return np.argsort(~allowed, axis=1, kind="stable")


def with_a_remedy(lessons: Lessons) -> Lessons:
    """The decisions in which some action is better than doing nothing."""
    lowest = lessons.ranks.min(axis=1)
    better = np.isfinite(lowest) & (lowest < lessons.ranks[:, 0] - AS_GOOD)
    return lessons.chosen(np.flatnonzero(better))


def main(
    agents: list[str] = typer.Argument(..., help="Agents with a policy, of one action set."),
    data: Path = typer.Option(..., help="Environment folder with the scenarios."),
    output: Path = typer.Option(..., help="Folder that keeps the episodes."),
    scenarios: str = typer.Option(".*", help="Regular expression of their names."),
    episodes: int = typer.Option(12, min=2, help="Episodes of the search."),
    redispatch: bool = typer.Option(False, help="Whether generators are moved, too."),
) -> None:
    """Print how often the first actions hold one as good as the best."""
    folders = [find_agent(agent) for agent in agents]
    played = lessons_of(folders[0], data.resolve(), scenarios, episodes, redispatch, output)
    lessons = with_a_remedy(played)
    console = Console(width=160)
    console.print(f"{len(lessons)} of {len(played)} decisions have an action that helps")
    table = Table("order", *(f"{size} simulated" for size in SIZES))
    orders = {
        name: policy_orders(path, lessons) for name, path in zip(agents, folders, strict=True)
    }
    for name, order in {**orders, "action file": file_orders(lessons)}.items():
        worse = [excesses(lessons.ranks, order, size) for size in SIZES]
        table.add_row(name, *(f"{np.mean(values < AS_GOOD):.3f}" for values in worse))
    console.print(table)


if __name__ == "__main__":
    run_command(main, "benchmarks.shortlist")
