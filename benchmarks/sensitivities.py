"""Slopes of line loads for a plan of the generators: the derivative against finite differences.

    python -m benchmarks.sensitivities

A plan asks for slopes in the present state and after each contingency of the shipped agent, and
solves a linear program. The finite differences take one power flow per generator, on the same grid
model. Both take turns on the same states: the ratio holds on a busy machine, the times do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import typer
from rich.console import Console

from benchmarks.machine import describe_machine
from benchmarks.markdown import head, row
from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.agent_folder import AgentSettings
from powrl.player.grid.generators import Generators
from powrl.player.lookahead.grid_model import GridModel
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.sensitivity import GeneratorSensitivity
from powrl.player.lookahead.state import GridState
from powrl.player.rules.case import Case
from powrl.player.rules.linear_program import Fleet, least_redispatching
from powrl.workspace.shipped import find_agent

AGENTS = {
    "l2rpn_neurips_2020_track1": "l2rpn_neurips_2020_track1/search",
    "l2rpn_wcci_2022_dev": "l2rpn_wcci_2022/search",
    "l2rpn_idf_2023": "l2rpn_idf_2023/search",
}
"""For each bundled environment, whose contingencies are taken."""

STEP_MW = 5.0
"""Of the finite differences."""

STEPS_APART = 6
"""Steps between two plans, as in a calm grid."""


def finite_differences(
    grid: GridModel, generators: np.ndarray, state: GridState
) -> tuple[np.ndarray, np.ndarray]:
    """Loads and slopes by one power flow for each generator."""
    grid.set_topology(state.topology_in_maintenance(grid.positions))

    def load(gen_p: np.ndarray, warm: bool) -> np.ndarray:
        grid.set_injections(replace(state.injections, gen_p=gen_p))
        grid.solve(warm)
        return np.asarray(grid.currents() / state.thermal_limits)

    start = state.injections.gen_p
    rho, slopes = load(start, False), np.zeros((grid.positions.n_line, len(generators)))
    for column, generator in enumerate(generators):
        moved = start.copy()
        moved[generator] += STEP_MW
        slopes[:, column] = (load(moved, True) - rho) / STEP_MW
    return rho, slopes


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU time of a call, and what it gives."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def _slopes(
    grid: GridModel, generators: np.ndarray, states: list[GridState]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """`finite_differences` of each state."""
    return [finite_differences(grid, generators, state) for state in states]


def measure(name: str, plans: int) -> tuple[int, int, np.ndarray]:
    """Numbers of states and generators of a plan, and the times of each plan.

    Times are those of the finite differences, of the power flows, and of the linear program with
    the slopes that it asks for (s), shape ``(plans, 3)``.
    """
    times = []
    with closing(open_environment(Scenarios(name))) as environment:
        start_episode(environment, 0, 0)
        settings = AgentSettings.load(find_agent(AGENTS[name])).overload
        simulator, movable = batch_simulator(environment), Generators.from_grid2op(environment)
        numbers = list(environment.name_line)
        lines = [numbers.index(line) for line in settings.contingencies]
        grid = simulator.grid_copy()
        movable_but_slack = movable.numbers[~grid.is_slack[movable.numbers]]
        sensitivity = GeneratorSensitivity(simulator.grid_copy(), movable.numbers)
        observation = environment.get_obs()
        for _ in range(plans):
            state = GridState.from_observation(observation)
            states = [
                state,
                *(state.without_line(simulator.positions, line) for line in lines),
            ]
            slow, _ = seconds(lambda: _slopes(grid, movable_but_slack, states))  # noqa: B023
            fast, answers = seconds(lambda: list(sensitivity.at_many(states)))  # noqa: B023
            cases = [Case(*answer, 0.98, 5000.0 / len(states)) for answer in answers if answer]
            fleet = Fleet(
                movable,
                state.injections.gen_p[movable.numbers].astype(float),
                np.zeros(len(movable.numbers)),
            )
            program, _ = seconds(lambda: least_redispatching(fleet, cases, 12, 48, 12, 25.0))  # noqa: B023
            times.append((slow, fast, program))
            for _ in range(STEPS_APART):
                observation, _, done, _ = environment.step(environment.action_space({}))
                if done:
                    observation = start_episode(environment, 0, 0)
    return len(states), len(movable.numbers), np.array(times)


def main(plans: int = typer.Option(40, min=1, help="Plans on each grid.")) -> None:
    """Print the times of a plan's parts, and the ratio of both ways to the slopes."""
    console = Console(soft_wrap=True)
    console.print(describe_machine())
    heads = (
        "environment",
        "states",
        "generators",
        "finite differences",
        "power flows",
        "slopes and linear program",
        "faster",
    )
    console.print(head(*heads))
    for name in AGENTS:
        states, generators, times = measure(name, plans)
        slow, fast, program = (
            f"{seconds_taken * 1e3:.1f} ms" for seconds_taken in np.median(times, axis=0)
        )
        ratio = np.median(times[:, 0] / (times[:, 1] + times[:, 2]))
        cells = (name, str(states), str(generators), slow, fast, program, f"{ratio:.1f} x")
        console.print(row(*cells))


if __name__ == "__main__":
    typer.run(main)
