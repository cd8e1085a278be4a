"""Play an agent within a competition's limit of time, on a machine that is many times slower.

    python -m benchmarks.slow_machine l2rpn_neurips_2020_track1/search --factor 1 --factor 10

The clock runs so many times faster: to an agent, that is a machine which is as much slower. The
limit is that of the edition for as many steps as there are; all episodes have it together.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_machine
from powrl.agent import ACTIONS_FILE, ActionSet, AgentSettings, PowRLAgent, load_policy
from powrl.editions import EDITIONS, Edition, EditionName
from powrl.grid.environments import Scenarios, open_environment
from powrl.grid.episodes import numbered_seed, start_episode
from powrl.grid.layout import GridLayout
from powrl.shipped import find_agent
from powrl.simulation.choice import choose_simulator
from powrl.submission.package import TIME_USED


@dataclass(frozen=True)
class Played:
    """How the episodes went.

    Attributes
    ----------
    survived, steps:
        Steps of each episode that were survived, and that there were.
    seconds:
        All decisions together, by the clock of the slow machine.
    """

    survived: tuple[int, ...]
    steps: tuple[int, ...]
    seconds: float

    @property
    def share(self) -> float:
        """Of all steps, those that were survived."""
        return sum(self.survived) / sum(self.steps)


@contextmanager
def slowed(factor: float) -> Iterator[None]:
    """Within it, `time.perf_counter` tells so many times the seconds that pass."""
    clock = time.perf_counter
    with patch("time.perf_counter", lambda: factor * clock()):
        yield


def episodes(environment: Any, seeds: int) -> list[tuple[int, int]]:
    """Number of the scenario and seed of each episode."""
    n_scenarios = len(environment.chronics_handler.real_data.subpaths)
    return [
        (scenario, numbered_seed(seed, scenario))
        for seed in range(seeds)
        for scenario in range(n_scenarios)
    ]


def limited_agent(name: str, environment: Any, edition: Edition, steps: int) -> PowRLAgent:
    """A shipped agent that keeps within nine tenths of what an edition allows for these steps."""
    folder = find_agent(name)
    settings = AgentSettings.load(folder)
    limit = TIME_USED * edition.seconds * steps / edition.steps
    overload = replace(settings.overload, total_seconds=limit, total_steps=steps)
    return PowRLAgent(
        environment.action_space,
        replace(settings, overload=overload),
        ActionSet.load(folder / ACTIONS_FILE, GridLayout.of(environment)),
        load_policy(folder, settings),
        choose_simulator(environment),
    )


def count_steps(environment: Any, which: Sequence[tuple[int, int]]) -> int:
    """Steps of all episodes, if each is played to its end."""
    total = 0
    for scenario, seed in which:
        start_episode(environment, scenario, seed)
        total += int(environment.max_episode_duration())
    return total


def play(agent: Any, environment: Any, which: Sequence[tuple[int, int]]) -> Played:
    """Play episodes one after the other; an agent of None does nothing."""
    survived, steps, seconds = [], [], 0.0
    for scenario, seed in which:
        observation = start_episode(environment, scenario, seed)
        reward, done = 0.0, False
        while not done:
            begin = time.perf_counter()
            action = agent.act(observation, reward, done) if agent else environment.action_space()
            seconds += time.perf_counter() - begin
            observation, reward, done, _ = environment.step(action)
        survived.append(int(environment.nb_time_step))
        steps.append(int(environment.max_episode_duration()))
    return Played(tuple(survived), tuple(steps), seconds)


def main(
    agent: str = typer.Argument(help="Name of a shipped agent."),
    edition: EditionName = typer.Option(
        EditionName("icaps2021"), help="Whose time for a step counts."
    ),
    environment: str = typer.Option(
        "", help="Bundled with grid2op [default: that of the agent].", show_default=False
    ),
    factor: list[float] = typer.Option([1.0, 10.0], min=1, help="How many times slower."),
    seeds: int = typer.Option(1, min=1, help="Episodes of each bundled scenario."),
) -> None:
    """Print what an agent survives on slower and slower machines, beside doing nothing."""
    competition = EDITIONS[edition.value]
    if not competition.seconds:
        raise typer.BadParameter(f"nothing is known of the limit of {competition.title}")
    table = Table("slower", "seconds used", "seconds allowed", "steps survived (%)")
    name = environment or agent.partition("/")[0]
    with closing(open_environment(Scenarios(name))) as grid:
        which = episodes(grid, seeds)
        steps = count_steps(grid, which)
        allowed = competition.seconds * steps / competition.steps
        for times in factor:
            limited = limited_agent(agent, grid, competition, steps)
            with slowed(times):
                found = play(limited, grid, which)
            table.add_row(
                f"{times:g} x", f"{found.seconds:.1f}", f"{allowed:.1f}", f"{100 * found.share:.1f}"
            )
        nothing = play(None, grid, which)
        table.add_row("do nothing", "", "", f"{100 * nothing.share:.1f}")
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
