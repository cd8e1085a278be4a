"""Which topologies lower the losses of a calm grid, to make a reference topology of.

    python -m benchmarks.losses FOLDER --actions FILE [--reference 3 --reference 15]

FOLDER is an environment folder with scenarios to choose on. In states of a grid that is left alone
but for the reference topology, each action of the file is simulated by grid2op. The table has those
that lower the losses most, on average, without raising the highest load in any state by more than
`--rise`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console

from powrl.actions.action_set import ActionSet, substation_action
from powrl.grid.environments import Scenarios, open_environment, scenario_names
from powrl.grid.episodes import start_episode
from powrl.grid.layout import GridLayout
from powrl.grid.positions import Positions

console = Console(soft_wrap=True)


def main(
    folder: Path = typer.Argument(..., help="Environment folder."),
    actions: Path = typer.Option(..., help="Action file."),
    reference: list[int] = typer.Option([], help="Number of an action already chosen."),
    every: int = typer.Option(78, min=1, help="Steps between two states."),
    states: int = typer.Option(6, min=1, help="Of each scenario."),
    rise: float = typer.Option(0.01, help="Of the highest line load, at most."),
    shown: int = typer.Option(5, min=1, help="Actions of the table."),
) -> None:
    """Print the actions that lower the losses most."""
    environment = open_environment(Scenarios(folder.resolve().name, folder))
    known = ActionSet.load(actions, GridLayout.of(environment))
    found = np.array(
        [
            effects(observation, known, environment.action_space)
            for scenario in scenario_names(environment)
            for observation in calm_states(environment, scenario, known, reference, every, states)
        ]
    )
    environment.close()
    losses, loads = found[..., 0], found[..., 1]
    console.print(f"{len(found)} states; losses and highest load against doing nothing")
    console.print("| action | losses, mean (%) | worst (%) | highest rise of the load |")
    console.print("|---|---|---|---|")
    harmless = np.flatnonzero(loads.max(axis=0) <= rise)
    for number in harmless[np.argsort(losses[:, harmless].mean(axis=0))][:shown]:
        mean, worst = losses[:, number].mean(), losses[:, number].max()
        highest = loads[:, number].max()
        name = f"{number}: {known.describe(int(number))}"
        console.print(f"| {name} | {100 * mean:+.2f} | {100 * worst:+.2f} | {highest:+.3f} |")


def calm_states(
    environment: Any, scenario: str, known: ActionSet, reference: list[int], every: int, states: int
) -> Iterator[Any]:
    """Observations along a scenario in which nothing is done after the reference topology."""
    observation = start_episode(environment, scenario, 0)
    positions = Positions.of(environment)
    for number in reference:
        action = known.actions[number]
        built = substation_action(positions, action.substation, action.busbars, observation)
        observation, *_ = environment.step(built.to_grid2op(environment.action_space))
    for step in range(1, every * states + 1):
        observation, _, done, _ = environment.step(environment.action_space())
        if done:
            return
        if step % every == 0 and observation.rho.max() < 1:
            yield observation


def effects(observation: Any, known: ActionSet, space: Any) -> np.ndarray:
    """Relative change of the losses and change of the highest load, shape ``(n_actions, 2)``.

    Infinite for what is illegal or ends the episode.
    """
    positions = Positions.of(space)
    before = simulated(observation, space())
    rows = []
    for action in known:
        built = substation_action(positions, action.substation, action.busbars, observation)
        losses, load = simulated(observation, built.to_grid2op(space))
        rows.append((losses / before[0] - 1, load - before[1]))
    return np.array(rows)


def simulated(observation: Any, action: Any) -> tuple[float, float]:
    """Losses (MW) and the highest line load in the next step."""
    after, _, done, info = observation.simulate(action)
    if done or info["is_illegal"]:
        return np.inf, np.inf
    return float(after.gen_p.sum() - after.load_p.sum()), float(after.rho.max())


if __name__ == "__main__":
    typer.run(main)
