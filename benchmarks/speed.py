"""How much faster than grid2op: candidates, steps, training; and what an episode costs.

    python -m benchmarks.speed --data DIR

Every figure is a ratio of CPU times of one run on one core. Candidates and steps are timed in short
turns, one side after the other; the medians are given, since clocks change within seconds.
"""

from __future__ import annotations

import json
import logging
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console

from benchmarks import scaling
from benchmarks.floors import cpu_seconds, rows
from benchmarks.greedy import ExhaustiveGreedy
from benchmarks.machine import describe_machine
from powrl.configuration.loading import load_configuration
from powrl.engines.engine import EngineName
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.action_set import ActionSet
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.make_simulator import choose_simulator
from powrl.reduction.enumeration import unitary_topologies
from powrl.testing.comparison import is_stored_or_curtailed
from powrl.testing.random_play import RandomPlayer, RandomRemedies

NEURIPS = Scenarios("l2rpn_neurips_2020_track1")
WCCI_2022 = Scenarios("l2rpn_wcci_2022_dev")
IDF_2023 = Scenarios("l2rpn_idf_2023")
CASE14 = Scenarios("l2rpn_case14_sandbox")
ROUNDS, TIMESTEPS, EPISODES = 5, 8192, 500
"""Of the candidates, of the training and of the memory."""
UNDER_WAY = ", storage and curtailment under way"
ENGINES: tuple[EngineName, EngineName] = ("fast", "grid2op")

console = Console(soft_wrap=True)


def report(name: str, turns: list[tuple[float, float]], detail: str) -> None:
    """One line: medians of both times (grid2op's, ours; seconds), and of their ratio."""
    times = np.array(turns)
    slow, fast = np.median(times, axis=0) * 1e6
    ratio = np.median(times[:, 0] / times[:, 1])
    console.print(f"| {name} | {slow:,.0f} us | {fast:,.1f} us | {detail} | {ratio:.1f} x |")


def candidates(scenarios: Scenarios, count: int, remedies: bool = False) -> None:
    """Batched evaluation against ``observation.simulate``, from states of two episodes.

    With remedies, storage and curtailment are under way.
    """
    environment = open_environment(scenarios)
    engine = open_engine("fast", scenarios, cached=False)
    everything = unitary_topologies(GridLayout.from_grid2op(environment))
    chosen = np.linspace(0, len(everything) - 1, count).astype(int)
    actions = ActionSet(everything.layout, tuple(everything.actions[i] for i in chosen))
    positions = Positions.from_grid2op(environment)
    batch, plain = choose_simulator(environment), ForecastSimulator()
    turns: list[tuple[float, float]] = []
    moves = RandomRemedies(environment, 0.0, 0.5 if remedies else 0.0)
    for seed in range(2):
        environment.seed(seed)
        observation = environment.reset()
        generator = np.random.default_rng(seed)
        for _ in range(ROUNDS):
            for _ in range(12):
                action = moves.added_to(None, positions, generator)
                played = action or GridAction.nothing(positions)
                observation, _, done, _ = environment.step(
                    played.to_grid2op(environment.action_space)
                )
            if done:
                break
            built = [
                GridAction.of_substation(
                    positions, action.substation, action.busbars, observation.topo_vect
                )
                for action in actions
            ]
            fast = cpu_seconds(lambda: batch.evaluate(observation, built))  # noqa: B023
            slow = cpu_seconds(lambda: plain.evaluate(observation, built))  # noqa: B023
            turns.append((slow / count, fast / count))
    name = f"evaluate {count} candidates, {scenarios.environment}{UNDER_WAY * remedies}"
    report(name, turns, "per action")
    environment.close()
    engine.close()


def steps(scenarios: Scenarios, greedy: bool, remedies: float = 0.0) -> None:
    """Stepping the same episodes with the same actions on both engines, one after the other.

    Parameters
    ----------
    remedies:
        Share of the steps with random storage actions, and with curtailment that then holds.
    """
    stepper, judge = (open_engine(name, scenarios) for name in ENGINES)
    simulator = stepper.simulator()
    actions = unitary_topologies(GridLayout.from_grid2op(judge.grid))
    positions = Positions.from_grid2op(judge.grid)
    moves = RandomRemedies(judge.grid, 0.0, remedies) if remedies else None
    player = RandomPlayer(actions, positions, 0.0, greedy, moves)
    turns: list[tuple[float, float]] = []
    played = changed = under_way = 0
    for number in range(2 * ROUNDS):
        generator = np.random.default_rng(number)
        scenario = judge.scenarios[number % len(judge.scenarios)]
        episode = judge.start(scenario, number)
        taken: list[GridAction | None] = []
        slow = 0.0
        while not episode.done and len(taken) < 500:
            now = episode.observation
            action = player.act(now, generator, simulator, now)
            slow += cpu_seconds(lambda: episode.step(action))  # noqa: B023
            taken.append(action)
            under_way += is_stored_or_curtailed(episode.observation)
        again = stepper.start(scenario, number)
        fast = cpu_seconds(lambda: [again.step(action) for action in taken])  # noqa: B023
        turns.append((slow / len(taken), fast / len(taken)))
        played += len(taken)
        changed += sum(action is not None for action in taken)
    kind = "greedy" if greedy else "reconnecting"
    name = f"step, {scenarios.environment}, {kind}, {changed / played:.1%} of the steps an action"
    if remedies:
        name += f", storage or curtailment under way in {under_way / played:.0%}"
    report(name, turns, "per step")
    stepper.close()
    judge.close()


def training(data: Path) -> None:
    """The same PPO training on both engines, from the same seed, validation included."""
    from powrl.learning.curve import CURVE_FILE
    from powrl.learning.training import train

    overrides = [
        "scenarios.train.names='.*_500_wk1'",
        "scenarios.validation.names='.*april.*_wk[12]'",
        "imitation.episodes=0",
        "training.checkpoint_every=100",
    ]

    def measured(engine: EngineName, timesteps: int) -> tuple[float, int, int]:
        """CPU time, decisions and grid steps of the rollouts."""
        settings = [*overrides, f"engine={engine}", f"training.timesteps={timesteps}"]
        configuration = load_configuration("neurips_2020_track1", settings, data=str(data))
        with tempfile.TemporaryDirectory() as folder:
            seconds = cpu_seconds(lambda: train(configuration, Path(folder), ""))
            rows = list(map(json.loads, (Path(folder) / CURVE_FILE).read_text().splitlines()))
        return seconds, rows[-1]["timesteps"], sum(row.get("grid_steps", 0) for row in rows)

    measured("fast", 256)  # what the libraries import on their first use is not counted
    fast, slow = (measured(engine, TIMESTEPS) for engine in ENGINES)
    name = f"PPO training of {TIMESTEPS} decisions, {NEURIPS.environment}"
    for number, unit in ((1, "per decision"), (2, "per grid step")):
        report(name, [(slow[0] / slow[number], fast[0] / fast[number])], unit)


def greedy_weeks(data: Path, weeks: str) -> None:
    """An exhaustive greedy over all topologies, each week until its end."""
    source = Scenarios(NEURIPS.environment, str(data / f"{NEURIPS.environment}_val"), weeks)
    engine = open_engine("fast", source)
    player = ExhaustiveGreedy(engine)
    console.print("| week of the exhaustive greedy | steps | with an overload | s of CPU |")
    console.print("|---|---|---|---|")
    for number, scenario in enumerate(engine.scenarios):
        episode = engine.start(scenario, number)
        overloads = 0
        start = time.process_time()
        while not episode.done:
            overloads += int(episode.observation.rho.max() >= 0.95)
            episode.step(player.act(episode.observation))
        seconds = time.process_time() - start
        console.print(f"| {scenario} | {episode.steps} | {overloads} | {seconds:.1f} |")
    engine.close()


def memory(scenarios: Scenarios) -> None:
    """What one more episode of the same scenario takes, after some steps of its own."""
    engine = open_engine("fast", scenarios)
    scenario = engine.scenarios[0]
    running = [engine.start(scenario, 0)]
    before = _resident()
    for seed in range(EPISODES):
        running.append(engine.start(scenario, seed))
        running[-1].step()
    used = (_resident() - before) / EPISODES
    console.print(f"memory of one more episode, {scenarios.environment}: {used / 2**20:.2f} MB")
    engine.close()


def scale(picture: Path | None) -> None:
    """Steps per second of several processes; the picture as a file, too."""
    all_rates = scaling.rates([CASE14, NEURIPS, WCCI_2022, IDF_2023])
    for line in scaling.rows(all_rates):
        console.print(line)
    if picture is not None:
        picture.write_bytes(scaling.picture(all_rates))


def _resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def main(
    data: Path = typer.Option(..., help="The folder that holds the environment folders."),
    only: str = typer.Option(
        "", help="memory, candidates, remedies, steps, training, greedy, floors or scaling."
    ),
    weeks: str = typer.Option(".*_wk1", help="The weeks of the greedy."),
    picture: Path | None = typer.Option(None, help="PNG file of the scaling over processes."),
) -> None:
    """Measure all of it; takes some minutes."""
    logging.disable(logging.WARNING)
    console.print(describe_machine())
    console.print("| what | grid2op | powrl | | faster |\n|---|---|---|---|---|")
    measurements: dict[str, Callable[[], Any]] = {
        "memory": lambda: [memory(scenarios) for scenarios in (NEURIPS, WCCI_2022)],
        "candidates": lambda: [
            candidates(scenarios, count)
            for scenarios, count in ((NEURIPS, 240), (CASE14, 90), (WCCI_2022, 240))
        ],
        "remedies": lambda: [
            measure
            for scenarios in (WCCI_2022, IDF_2023)
            for measure in (
                candidates(scenarios, 240, remedies=True),
                steps(scenarios, greedy=False, remedies=0.05),
                steps(scenarios, greedy=False, remedies=0.5),
            )
        ],
        "steps": lambda: [
            steps(scenarios, greedy)
            for scenarios in (NEURIPS, CASE14, WCCI_2022, IDF_2023)
            for greedy in (False, True)
        ],
        "training": lambda: training(data),
        "greedy": lambda: greedy_weeks(data, weeks),
        "floors": lambda: list(map(console.print, rows([CASE14, NEURIPS, WCCI_2022, IDF_2023]))),
        "scaling": lambda: scale(picture),
    }
    if only and only not in measurements:
        raise typer.BadParameter(f"choose from {', '.join(measurements)}")
    for name, measure in measurements.items():
        if only in ("", name):
            measure()


if __name__ == "__main__":
    typer.run(main)
