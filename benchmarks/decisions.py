"""Time a decision of the shipped search on an overload, as ratios within one run.

    python -m benchmarks.decisions
    python -m benchmarks.decisions --against ../before

The agent plays a bundled scenario in which a line is opened now and then. With another checkout of
powrl both take turns, in processes of their own, and the ratio of the medians of the same decisions
is shown: it does not depend on the machine.

The same is done for decisions in a calm grid that make a plan of the generators at each step, and
for batches of candidates of which most have no solution: at the highest loads that the grid can
carry as it is ("stressed"), and at 5 times the loads ("diverging").
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

GRIDS = {
    "36 substations": ("l2rpn_neurips_2020_track1/search", "l2rpn_neurips_2020_track1", 0.7),
    "118 substations": ("l2rpn_wcci_2022/search", "l2rpn_wcci_2022_dev", 1.0),
}
"""Agent, environment, and factor of the thermal limits, so that there are overloads."""

STEPS, ROUNDS = 120, 3
"""Steps of the episode that is recorded, and how often each checkout is timed."""

OPENING = """
import dataclasses, json, sys, time, warnings
warnings.simplefilter("ignore")
import grid2op, numpy as np
from lightsim2grid import LightSimBackend
agent_folder, environment_name = sys.argv[1:3]
steps, limits = int(sys.argv[3]), float(sys.argv[4])
try:
    from powrl.player.agent import load_agent
except ModuleNotFoundError:  # a checkout of before the player had a folder
    from powrl import agent as module
    load = module.AgentSettings.load.__func__
    def unhurried(cls, folder):
        settings = load(cls, folder)
        overload = dataclasses.replace(settings.overload, seconds=1e6)
        return dataclasses.replace(settings, overload=overload)
    module.AgentSettings.load = classmethod(unhurried)
    load_agent = module.load_agent
environment = grid2op.make(environment_name, test=True, backend=LightSimBackend())
environment.set_thermal_limit((environment.get_thermal_limit() * limits).astype(np.float32))
agent = load_agent(agent_folder, environment)
environment.seed(0)
environment.set_id(0)
observation = environment.reset()
"""
"""Beginning of a script: an agent without a limit of time, and its first observation."""

MEASURE = (
    OPENING
    + """
decisions = []
for step in range(steps):
    start = time.perf_counter()
    decision = agent.decide(observation)
    seconds = time.perf_counter() - start
    if decision.rule in ("remedy", "plan"):
        decisions.append((step, decision.rule, seconds))
    action = decision.action.to_grid2op(environment.action_space)
    if step % 30 == 29:
        action = environment.action_space({"set_line_status": [(step // 30, -1)]})
    observation, _, done, _ = environment.step(action)
    if done:
        observation = environment.reset()
print(json.dumps(decisions))
"""
)

MEASURE_PLANS = (
    OPENING
    + """
seconds = []
for step in range(steps):
    start = time.process_time()
    decision = agent.decide(observation)
    seconds.append(time.process_time() - start if observation.rho.max() < 0.95 else None)
    observation, _, done, _ = environment.step(decision.action.to_grid2op(environment.action_space))
    if done:
        observation = environment.reset()
print(json.dumps(seconds))
"""
)

PLANNED_STEPS = 60
"""Steps of the calm episode, with a plan of the generators at each."""

MEASURE_BATCHES = """
import dataclasses, json, sys, time, warnings
warnings.simplefilter("ignore")
import grid2op, numpy as np
from lightsim2grid import LightSimBackend
environment_name, count, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
try:
    from powrl.player.actions.grid_action import GridAction
    from powrl.player.lookahead.make_simulator import batch_simulator
except ModuleNotFoundError:  # a checkout of before the player had a folder
    from powrl.grid.action import GridAction
    from powrl.simulation.choice import batch_simulator
environment = grid2op.make(environment_name, test=True, backend=LightSimBackend())
environment.seed(0)
environment.set_id(0)
observation = environment.reset()
simulator = batch_simulator(environment)
state, positions = simulator.state_of(observation), simulator.positions
injections = state.injections
state = dataclasses.replace(state, thermal_limits=np.full(positions.n_line, 1e9, np.float32))
def loaded(factor):
    loads = {name: np.float32(factor) * getattr(injections, name) for name in ("load_p", "load_q")}
    return state.with_injections(dataclasses.replace(injections, **loads))
def dead(start, actions):
    return [outcome.game_over for outcome in simulator.evaluate_state(start, actions)]
highest, lowest = 5.0, 1.0
while highest - lowest > 1e-3:
    factor = (highest + lowest) / 2
    if dead(loaded(factor), [GridAction.nothing(positions)])[0]:
        highest = factor
    else:
        lowest = factor
seconds = {}
for name, start in (("stressed", loaded(lowest)), ("diverging", loaded(5))):
    random, actions = np.random.default_rng(0), []
    for _ in range(count):
        substation = int(random.integers(positions.n_sub))
        size = len(start.topology[positions.part(substation)])
        busbars = random.choice([1, 2], size=size)
        actions.append(GridAction.of_substation(positions, substation, busbars, start.topology))
    if np.mean(dead(start, actions)) < 0.5:
        raise SystemExit(f"most candidates have a solution: {name}")
    seconds[name] = []
    for _ in range(repeats):
        begin = time.process_time()
        simulator.evaluate_state(start, actions)
        seconds[name].append(time.process_time() - begin)
print(json.dumps(seconds))
"""

CANDIDATES, REPEATS = 240, 5
"""Candidates of a batch, and how often it is timed in each process."""


def measure_batches(
    checkout: Path, environment: str, candidates: int = CANDIDATES, repeats: int = REPEATS
) -> dict[str, list[float]]:
    """CPU seconds of each evaluation of a batch, most of it without solution, by its kind."""
    seconds: dict[str, list[float]] = _run(
        checkout, MEASURE_BATCHES, environment, candidates, repeats
    )
    return seconds


def measure(checkout: Path, folder: Path, environment: str, limits: float) -> list[Any]:
    """Step, rule and seconds of each decision on an overload, in a process of its own."""
    decisions: list[Any] = _run(checkout, MEASURE, folder, environment, STEPS, limits)
    return decisions


def plan_row(checkouts: list[Path], grid: str, agent: Path, environment: str) -> tuple[str, ...]:
    """Row of the table for plans of the generators in a calm grid; checkouts take turns."""
    rounds: dict[Path, list[list[float | None]]] = {checkout: [] for checkout in checkouts}
    with tempfile.TemporaryDirectory() as folder:
        planning = Path(folder) / "agent"
        shutil.copytree(agent, planning)
        settings = json.loads((planning / "agent.json").read_text())
        settings["overload"]["redispatch_every"] = 1
        (planning / "agent.json").write_text(json.dumps(settings))
        for _ in range(ROUNDS):
            for checkout in checkouts:
                steps = _run(checkout, MEASURE_PLANS, planning, environment, PLANNED_STEPS, 1.0)
                rounds[checkout].append(steps)
    calm = [
        step
        for step in range(PLANNED_STEPS)
        if all(run[step] is not None for runs in rounds.values() for run in runs)
    ]
    own, *others = (
        statistics.median(min(run[step] for run in runs) for step in calm)  # type: ignore[type-var]
        for runs in rounds.values()
    )
    ratio = f"{own / others[0]:.3f}" if others else ""
    return grid, "plan of the generators", str(len(calm)), f"{1e3 * own:.2f}", ratio


def _run(checkout: Path, script: str, *arguments: object) -> Any:
    """What a script prints as its last line, with powrl of the checkout."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    variables = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    # a command's own folder comes before PYTHONPATH
    ended = subprocess.run(
        command, env=variables, cwd=checkout, capture_output=True, text=True, check=True
    )
    return json.loads(ended.stdout.splitlines()[-1])


def batch_rows(checkouts: list[Path], grid: str, environment: str) -> list[tuple[str, ...]]:
    """Rows of the table for the batches; checkouts take turns."""
    rounds = {checkout: [] for checkout in checkouts}
    for _ in range(ROUNDS):
        for checkout in checkouts:
            rounds[checkout].append(measure_batches(checkout, environment))
    rows = []
    for kind in rounds[checkouts[0]][0]:
        own, *others = (
            statistics.median(seconds for run in rounds[checkout] for seconds in run[kind])
            for checkout in checkouts
        )
        ratio = f"{own / others[0]:.2f}" if others else ""
        rows.append((grid, f"batch, {kind}", str(CANDIDATES), f"{1e3 * own:.1f}", ratio))
    return rows


def main(
    against: Path = typer.Option(None, help="Another checkout of powrl to compare with."),
) -> None:
    """Time decisions on overloads, and batches of candidates of which most have no solution."""
    own = Path(__file__).resolve().parents[1]
    checkouts = [own] if against is None else [own, against.resolve()]
    table = Table(
        "grid", "decision", "decisions or candidates", "ms", "times that of the other checkout"
    )
    for grid, (agent, environment, limits) in GRIDS.items():
        folder = checkouts[-1] / "agents" / agent  # all play the same agent
        rounds: dict[Path, list[list[Any]]] = {checkout: [] for checkout in checkouts}
        for _ in range(ROUNDS):
            for checkout in checkouts:
                rounds[checkout].append(measure(checkout, folder, environment, limits))
        for rule in ("remedy", "plan"):
            times = {
                checkout: [
                    statistics.median(seconds)
                    for seconds in zip(
                        *([row[2] for row in run if row[1] == rule] for run in runs), strict=True
                    )
                ]
                for checkout, runs in rounds.items()
            }
            if not times[own]:
                table.add_row(grid, rule, "0", "", "")
                continue
            middle = {checkout: statistics.median(values) for checkout, values in times.items()}
            ratio = "" if against is None else f"{middle[own] / middle[checkouts[1]]:.2f}"
            table.add_row(grid, rule, str(len(times[own])), f"{1e3 * middle[own]:.1f}", ratio)
        table.add_row(*plan_row(checkouts, grid, folder, environment))
        for row in batch_rows(checkouts, grid, environment):
            table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
