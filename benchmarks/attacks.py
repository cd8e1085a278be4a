"""Play attacks on copies of episodes, and count those that agents survive.

    python -m benchmarks.attacks l2rpn_neurips_2020_track1/powrl \
        "l2rpn_neurips_2020_track1/powrl[learn_forecasts=false,second_look=false]" \
        --data DIR/l2rpn_neurips_2020_track1_train --scenarios "Scenario_(december|january).*" \
        --lines 44_45_126,62_58_180,48_50_136

The first agent plays each scenario without attacks, on the episode stepper. Every so many steps a
line is taken out of a copy, and each agent plays the copy on, with the memory of the first. Whole
episodes have one or two attacks that decide; here there are as many as one wants. What the agents
lose in a scenario is there as soon as it is played.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import typer
from rich.console import Console
from rich.table import Column, Table

from benchmarks.command import JOBS, run_command
from benchmarks.estimates import agent_on
from powrl.engines.fast.episode import FastEpisode
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.parallel.run import run
from powrl.player.agent import PowRLAgent
from powrl.player.errors import PowrlError
from powrl.postures.attack import Order, OrderedAttack
from powrl.postures.attacked_copy import attacked_copy

STEPS = 56
"""So many steps are played from the beginning of an attack on."""


@dataclass(frozen=True)
class Branch:
    """An attack.

    Attributes
    ----------
    scenario, step, line:
        Where and when it began, and the name of the line.
    steps:
        What each agent survived of `STEPS`.
    """

    scenario: str
    step: int
    line: str
    steps: tuple[int, ...]


def branches(
    scenarios: Scenarios, scenario: str, agents: Sequence[str], lines: Sequence[str], apart: int
) -> list[Branch]:
    """All attacks of a scenario, one every so many steps; the lines take turns.

    Raises
    ------
    PowrlError
        The grid has no line of a name.
    """
    order = Order()
    with closing(open_engine("fast", scenarios, False, lambda *_: OrderedAttack(order))) as engine:
        names = list(engine.grid.name_line)
        for line in lines:
            if line not in names:
                raise PowrlError(
                    f"the grid has no line {line!r}; its lines are {', '.join(names)}."
                )
        players = [agent_on(engine, text) for text in agents]
        episode, attacks = engine.start(scenario, 0), []
        assert isinstance(episode, FastEpisode)
        while not episode.done:
            episode.step(players[0].decide(episode.observation).action)
            if episode.steps % apart == 0 and not episode.done:
                line = lines[len(attacks) % len(lines)]
                order.line = names.index(line)
                steps = tuple(_survived(player, players[0], episode) for player in players)
                attacks.append(Branch(scenario, episode.steps, line, steps))
    return attacks


def _survived(agent: PowRLAgent, first: PowRLAgent, episode: FastEpisode) -> int:
    """Steps that an agent survives of an attack on a copy."""
    branch = attacked_copy(agent, episode, first.manager.memory, STEPS)
    return branch.steps - episode.steps - branch.game_over


def main(
    agents: list[str] = typer.Argument(..., help="Agents of powrl, with overrides or without."),
    data: Path = typer.Option(..., help="Environment folder with the scenarios."),
    lines: str = typer.Option(..., help="Names of the lines to attack, with commas between."),
    scenarios: str = typer.Option(".*", help="Regular expression of their names."),
    apart: int = typer.Option(100, min=1, help="Steps between two attacks."),
    jobs: int = typer.Option(JOBS, min=1, help="Processes."),
) -> None:
    """Play attacks on copies of episodes."""
    chosen = Scenarios(data.name, data, scenarios)
    with closing(open_engine("fast", chosen, cached=False)) as engine:
        names = list(engine.scenarios)
    cut = lines.split(",")
    console, attacks = Console(markup=False), []

    def show(number: int, result: list[Branch]) -> None:
        attacks.extend(result)
        lost = [sum(one.steps[n] < STEPS for one in result) for n in range(len(agents))]
        console.print(f"{names[number]}: of {len(result)} attacks are lost {lost}")

    run([partial(branches, chosen, name, agents, cut, apart) for name in names], jobs, show)
    played = np.array([one.steps for one in attacks])
    heads = ("attacks", "lost", "of those that the first loses", "steps survived")
    table = Table(Column("agent", overflow="fold"), *heads)
    lost = played < STEPS
    for number, agent in enumerate(agents):
        both = int((lost[:, number] & lost[:, 0]).sum())
        cells = (len(played), int(lost[:, number].sum()), both, int(played[:, number].sum()))
        table.add_row(agent, *(f"{cell:,}" for cell in cells))
    console.print(table)


if __name__ == "__main__":
    run_command(main, "benchmarks.attacks")
