"""powrl beside grid2op, lightsim2grid's own loop and a power flow alone; with moves; and memory.

    python -m benchmarks.speed --data DIR --only floors

``LightEnv`` is lightsim2grid's loop in C++: time series, cooldowns and protections, but no
opponent, maintenance, redispatching or hard overflow; it looks ahead by a step of a copy. A power
flow alone is the floor of all: Newton from the last solution, at the injections of the next step.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from grid2op.Opponent import get_kwargs_no_opponent
from lightsim2grid.lightEnv import LightEnv, Protections

from benchmarks.markdown import head, row
from powrl.engines.fast.engine import FastEngine
from powrl.engines.fast.scenario import Series, read_scenario
from powrl.engines.opening import open_engine
from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.grid_model import GridModel
from powrl.player.lookahead.make_simulator import choose_simulator
from powrl.reduction.enumeration import unitary_topologies
from powrl.testing.random_play import RandomRemedies

STEPS, ROUNDS, CANDIDATES = 200, 7, 60
"""Of an episode, and so many turns of each side; candidates of one state."""
LONG = 20_000
"""Steps of the episodes whose peak memory is measured."""
MOVES = {
    "redispatching": ("redispatch", {"moves": 0.2}),
    "storage and curtailment": ("curtail", {"moves": 0.0, "remedies": 0.2}),
}
"""What is moved, the part that an action needs for it, and how often each is moved."""


def cpu_seconds(work: Callable[[], Any]) -> float:
    """CPU time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def rows(all_scenarios: list[Scenarios]) -> Iterator[str]:
    """Tables as lines of Markdown: steps, steps with moves, candidates and peak memory."""
    yield "\n" + head("a step, doing nothing", "grid2op", "powrl", "LightEnv", "a power flow alone")
    for scenarios in all_scenarios:
        yield row(scenarios.environment, *_microseconds(stepping(scenarios)))
    yield "\n" + head("a step with moves", "what moves", "steps under way", "grid2op", "powrl")
    for scenarios in all_scenarios:
        for kind in MOVES:
            turns, share = moving(scenarios, kind)
            if turns:
                yield row(scenarios.environment, kind, f"{share:.0%}", *_microseconds(turns))
    yield "\n" + head(f"one of {CANDIDATES} candidates", "`simulate`", "powrl", "LightEnv")
    for scenarios in all_scenarios:
        yield row(scenarios.environment, *_microseconds(looking_ahead(scenarios)))
    yield "\n" + head("peak memory of a process", "imported", "an engine open", "an episode played")
    for scenarios in all_scenarios:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            sizes = alone.submit(peak_memory, scenarios).result()
        yield row(scenarios.environment, *(f"{size:.0f} MB" for size in sizes))


def _microseconds(turns: list[tuple[float, ...]]) -> list[str]:
    """Medians, all but powrl's with how many times as long as powrl's they are."""
    times = np.array(turns)
    medians, ratios = np.median(times, axis=0) * 1e6, np.median(times / times[:, [1]], axis=0)
    return [
        f"{median:,.1f} us" + ("" if column == 1 else f" ({ratio:.2f} x)")
        for column, (median, ratio) in enumerate(zip(medians, ratios, strict=True))
    ]


def stepping(scenarios: Scenarios) -> list[tuple[float, ...]]:
    """Seconds per step of grid2op, powrl, ``LightEnv`` and a power flow alone, in turns."""
    environment = open_environment(scenarios, **get_kwargs_no_opponent())
    engine = engine_without_attacks(scenarios)
    name = engine.scenarios[0]
    start_episode(environment, name, 0)
    model = GridModel(environment.backend)
    series = read_scenario(environment, name, model.volts_per_unit).actual
    light = light_env(environment, series)
    turns: list[tuple[float, ...]] = []
    for _ in range(ROUNDS):
        start_episode(environment, name, 0)
        nothing = environment.action_space()
        done, steps = False, 0
        start = time.process_time()
        while not done and steps < STEPS:
            _, _, done, _ = environment.step(nothing)
            steps += 1
        grid2op = (time.process_time() - start) / steps
        episode = engine.start(name, 0)
        powrl = cpu_seconds(lambda: [episode.step() for _ in range(steps)]) / steps  # noqa: B023
        light.reset()
        alone = cpu_seconds(lambda: [light.step(0) for _ in range(steps)]) / steps  # noqa: B023
        turns.append((grid2op, powrl, alone, power_flow(model, series, steps)))
    environment.close()
    engine.close()
    return turns


def power_flow(model: GridModel, series: Series, steps: int) -> float:
    """Seconds of one power flow: Newton from the last solution, without pushing or reading."""
    seconds = 0.0
    for step in range(1, steps + 1):
        model.set_injections_per_unit(
            series.gen_p[step], None, series.load_p[step], series.load_q[step]
        )
        if step == 1:
            model.solve()
        else:
            voltages, limits = model.voltages, (model.max_iterations, model.tolerance)
            start = time.process_time()
            model.lsgrid.ac_pf(voltages, *limits)
            seconds += time.process_time() - start
            model.solve(warm=True)
    return seconds / (steps - 1)


def moving(scenarios: Scenarios, kind: str) -> tuple[list[tuple[float, ...]], float]:
    """Seconds per step of grid2op and powrl with the same moves, in turns; and their effect.

    Returns
    -------
    turns, share:
        No turns where the actions of the environment cannot move these; share of the steps in
        which generators or storage units leave the time series.
    """
    environment = open_environment(scenarios, **get_kwargs_no_opponent())
    engine = engine_without_attacks(scenarios)
    name, (part, fractions) = engine.scenarios[0], MOVES[kind]
    positions = Positions.from_grid2op(environment)
    moves = RandomRemedies(environment, **fractions)
    turns: list[tuple[float, ...]] = []
    steps = under_way = 0
    can_move = part in environment.action_space.actionClass.authorized_keys
    for number in range(ROUNDS if can_move else 0):
        generator = np.random.default_rng(number)
        start_episode(environment, name, 0)
        taken: list[GridAction | None] = []
        done, grid2op = False, 0.0
        while not done and len(taken) < STEPS:
            action = moves.added_to(None, positions, generator)
            built = (action or GridAction.nothing(positions)).to_grid2op(environment.action_space)
            start = time.process_time()
            observation, _, done, _ = environment.step(built)
            grid2op += time.process_time() - start
            taken.append(action)
            under_way += bool(
                np.abs(observation.actual_dispatch).max() > 0
                or observation.storage_power.any()
                or observation.curtailment.any()
            )
        episode = engine.start(name, 0)
        powrl = cpu_seconds(lambda: [episode.step(action) for action in taken])  # noqa: B023
        turns.append((grid2op / len(taken), powrl / len(taken)))
        steps += len(taken)
    environment.close()
    engine.close()
    return turns, under_way / max(steps, 1)


def looking_ahead(scenarios: Scenarios) -> list[tuple[float, ...]]:
    """Seconds per candidate of ``simulate``, powrl's batch and copies of ``LightEnv``, in turns."""
    environment = open_environment(scenarios, **get_kwargs_no_opponent())
    observation = start_episode(environment, 0, 0)
    everything = unitary_topologies(GridLayout.from_grid2op(environment))
    chosen = np.linspace(0, len(everything) - 1, CANDIDATES).astype(int)
    positions = Positions.from_grid2op(environment)
    batch = choose_simulator(environment)
    model = GridModel(environment.backend)
    name = environment.chronics_handler.get_name()
    light = light_env(environment, read_scenario(environment, name, model.volts_per_unit).actual)
    turns: list[tuple[float, ...]] = []
    for _ in range(ROUNDS):
        for _ in range(5):
            observation, _, _, _ = environment.step(environment.action_space())
        built = [
            GridAction.of_substation(
                positions, action.substation, action.busbars, observation.topo_vect
            )
            for action in (everything.actions[index] for index in chosen)
        ]
        played = [action.to_grid2op(environment.action_space) for action in built]
        light.init_actions(played)
        light.reset()
        fast = cpu_seconds(lambda: batch.evaluate(observation, built))  # noqa: B023
        slow = cpu_seconds(lambda: [observation.simulate(action) for action in played])  # noqa: B023
        copies = cpu_seconds(lambda: [light.copy().step(number) for number in range(CANDIDATES)])
        turns.append((slow / CANDIDATES, fast / CANDIDATES, copies / CANDIDATES))
    environment.close()
    return turns


def light_env(environment: Any, series: Series) -> LightEnv:
    """lightsim2grid's own loop on a scenario, with protections that never trip."""
    backend = environment.backend
    light = LightEnv(backend._grid)
    n_steps = len(series.load_p)
    gen_v = np.full((n_steps, environment.n_gen), np.nan)
    if series.gen_v is not None:
        gen_v = series.gen_v / backend.prod_pu_to_kv
    unchanged = [
        np.full((n_steps, number), np.nan)
        for number in (environment.n_storage, environment.n_shunt, environment.n_shunt, 0, 0)
    ]
    parts = (series.load_p, series.load_q, series.gen_p, gen_v)
    light.assign_time_series(
        *(np.ascontiguousarray(part, dtype=float) for part in parts), *unchanged
    )
    protections = Protections()
    for set_limit in (protections.set_thermal_limit_or, protections.set_thermal_limit_ex):
        set_limit(np.full(environment.n_line, 1e9))
    protections.set_max_line_time_step_overflow(np.full(environment.n_line, 99, dtype=np.int32))
    light.protections = protections
    light.reset()
    return light


def engine_without_attacks(scenarios: Scenarios) -> Any:
    """The episode stepper of an environment, without its opponent."""
    return open_engine("fast", scenarios, **get_kwargs_no_opponent())


def peak_memory(scenarios: Scenarios) -> tuple[float, float, float]:
    """Peak memory of this process (MB): all imported, an engine open, an episode played."""

    def peak() -> float:
        # `getrusage` counts what the process was that started this one
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    imported = peak()
    engine = engine_without_attacks(scenarios)
    opened = peak()
    play(engine, 0)
    engine.close()
    return imported, opened, peak()


def play(engine: FastEngine, seed: int, longest: int = LONG) -> int:
    """Steps of doing nothing, from the first scenario on again after each game over."""
    steps = 0
    while steps < longest:
        episode = engine.start(engine.scenarios[seed % len(engine.scenarios)], seed)
        while not episode.done and steps < longest:
            episode.step()
            steps += 1
    return steps
