"""Whether screening by estimated loads keeps the best action, grid by grid.

    python -m benchmarks.recall --data DIR

States with a load above `STRESSED` are met by a greedy player; all topologies of substations of
4 to 10 elements are evaluated in AC, and screened.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import typer
from rich.console import Console

from benchmarks.machine import describe_machine
from benchmarks.markdown import head, row
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.state import GridState
from powrl.reduction.enumeration import unitary_topologies
from powrl.reduction.pool import by_substation
from powrl.reduction.screening import Screen, measure_recall
from powrl.testing.random_play import RandomPlayer

STRESSED, APART = 0.95, 6
"""Load of a stressed state, and the steps that lie between two of them at least."""

GRIDS = (
    ("rte_case14_realistic", "0[0-9]0"),
    ("l2rpn_neurips_2020_track1_val", ".*_wk4"),
    ("l2rpn_wcci_2020_train", "Scenario_(april|august|feb).*"),
    ("l2rpn_wcci_2022_val", "2050-0[1-6].*"),
)
KEEP = (10, 20, 40)


def measure(data: Path, name: str, scenarios: str, n_states: int) -> tuple[int, list[float]]:
    """Number of topologies, and the recall for each of `KEEP`."""
    engine = open_engine("fast", Scenarios(name, str(data / name), scenarios), cached=False)
    simulator, layout = engine.simulator(), GridLayout.from_grid2op(engine.grid)
    actions = unitary_topologies(layout)
    player = RandomPlayer(actions, simulator.positions, 0.01, True)
    states: list[GridState] = []
    number = 0
    while len(states) < n_states:
        generator = np.random.default_rng(number)
        episode = engine.start(engine.scenarios[number % len(engine.scenarios)], number)
        number, last = number + 1, -APART
        while not episode.done and len(states) < n_states:
            now = episode.observation
            if now.rho.max() >= STRESSED and episode.steps - last >= APART:
                states.append(GridState.from_observation(now))
                last = episode.steps
            episode.step(player.act(now, generator, simulator, now))
    screen, topologies = Screen(engine.model), by_substation(actions)
    recalls = [measure_recall(screen, simulator, states, topologies, keep) for keep in KEEP]
    engine.close()
    return len(actions), recalls


def main(
    data: Path = typer.Option(..., help="The folder that holds the environment folders."),
    states: int = typer.Option(60, min=1, help="States of each grid."),
) -> None:
    """Print the share of states in which the survivors hold the best action."""
    console = Console(soft_wrap=True)
    console.print(describe_machine())
    heads = ["scenarios of", "topologies", *(f"{keep} kept" for keep in KEEP)]
    console.print(head(*heads))
    for name, scenarios in GRIDS:
        count, recalls = measure(data, name, scenarios, states)
        cells = [name, f"{count:,}", *(f"{recall:.0%}" for recall in recalls)]
        console.print(row(*cells))


if __name__ == "__main__":
    typer.run(main)
