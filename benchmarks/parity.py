"""Play the same episodes on grid2op and on the episode stepper, and compare every step.

    python -m benchmarks.parity --data DIR

DIR holds the environment folders that `COURSES` names. Loads must agree within `TOLERANCE`, all
else exactly; thermal limits are lowered in some courses, so that protections open lines. Every
`EVERY` steps the outcomes of random candidates are compared with ``observation.simulate``, too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import typer
from joblib import Parallel, delayed
from rich.console import Console

from benchmarks.machine import describe_machine
from powrl.engines.fast.engine import FastEngine
from powrl.engines.grid2op_engine import Grid2opEngine
from powrl.environments.opening import BUNDLED, Scenarios, open_environment
from powrl.player.actions.action_set import ActionSet
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.redispatch import Redispatch
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.outcome import Simulator
from powrl.reduction.enumeration import unitary_topologies

TOLERANCE = 1e-5
"""Of loads, relative to the load, and to 1 % of the limit where the load is lower."""

EXACT = (
    "topo_vect",
    "line_status",
    "time_before_cooldown_line",
    "time_before_cooldown_sub",
    "timestep_overflow",
    "timestep_protection_engaged",
    "time_next_maintenance",
    "duration_next_maintenance",
)
EVERY, CANDIDATES = 50, 12
"""How often candidates are compared, and how many."""

CLOSE = (
    *("rho", "p_or", "q_or", "gen_p", "gen_v", "load_p", "load_q"),
    *("actual_dispatch", "target_dispatch"),
)
OUTCOME = ("done", "game_over", "legal", "attacked")


@dataclass
class Tally:
    """What was compared: numbers of steps, and what differed."""

    steps: int = 0
    acted: int = 0
    illegal: int = 0
    redispatched: int = 0
    under_attack: int = 0
    in_maintenance: int = 0
    split: int = 0
    cascade: int = 0
    cascade_survived: int = 0
    game_over: int = 0
    candidates: int = 0
    worst_rho: float = 0.0
    mismatches: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        both = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, mine in both.items():
            theirs = getattr(other, name)
            both[name] = max(mine, theirs) if name == "worst_rho" else mine + theirs
        return Tally(**both)


class Player:
    """Reconnects lines, and plays topologies of single substations: random ones or the best.

    Parameters
    ----------
    ramps:
        Of each generator (MW), shape ``(n_gen,)``; 0 where it cannot be redispatched.
    moves:
        Of the steps in which some generators are redispatched on top.
    share:
        Of the steps in which something random is played, illegal and ambiguous actions included.
    greedy:
        Whether the best of 30 random topologies is played when a line is overloaded.
    """

    def __init__(
        self,
        actions: ActionSet,
        positions: Positions,
        share: float,
        greedy: bool,
        ramps: np.ndarray | None = None,
        moves: float = 0.0,
    ) -> None:
        self._actions, self._positions = actions, positions
        self._share, self._greedy = share, greedy
        self._ramps, self._moves = ramps, moves

    def act(
        self, observation: Any, generator: np.random.Generator, simulator: Simulator, shown: Any
    ) -> GridAction | None:
        """The action for grid2op's `observation`; `shown` is the stepper's."""
        action = self._topological(observation, generator, simulator, shown)
        if self._ramps is None or generator.random() >= self._moves:
            return action
        action = action or GridAction.nothing(self._positions)
        return action.plus(Redispatch(random_redispatching(self._ramps, generator)))

    def _topological(
        self, observation: Any, generator: np.random.Generator, simulator: Simulator, shown: Any
    ) -> GridAction | None:
        if generator.random() < self._share:
            return self._random(observation, generator)
        free = ~observation.line_status & (observation.time_before_cooldown_line == 0)
        if free.any():
            action = GridAction.nothing(self._positions)
            action.set_line_status[generator.choice(np.flatnonzero(free))] = 1
            return action
        if self._greedy and observation.rho.max() > 0.95:
            candidates = [self._topology(observation, generator) for _ in range(30)]
            outcomes = simulator.evaluate(shown, candidates)
            return candidates[int(np.argmin([outcome.max_rho for outcome in outcomes]))]
        return None

    def candidates(self, observation: Any, generator: np.random.Generator) -> list[GridAction]:
        """Doing nothing, and random actions."""
        some = [self._random(observation, generator) for _ in range(CANDIDATES - 1)]
        return [GridAction.nothing(self._positions), *some]

    def _topology(self, observation: Any, generator: np.random.Generator) -> GridAction:
        action = self._actions.actions[generator.integers(len(self._actions))]
        return GridAction.of_substation(
            self._positions, action.substation, action.busbars, observation.topo_vect
        )

    def _random(self, observation: Any, generator: np.random.Generator) -> GridAction:
        if generator.random() < 0.8:
            return self._topology(observation, generator)
        return random_action(self._positions, generator)


def random_action(positions: Positions, generator: np.random.Generator) -> GridAction:
    """Any action at all: legal, illegal or ambiguous, connected or not."""
    action = GridAction.nothing(positions)
    for _ in range(generator.integers(1, 3)):
        line = generator.integers(positions.n_line)
        kind = generator.integers(4)
        if kind == 0:
            part = positions.part(generator.integers(positions.n_sub))
            size = part.stop - part.start
            action.set_bus[part] = generator.choice([0, 1, 1, 1, 2], size=size)
        elif kind == 1:
            action.set_line_status[line] = generator.choice([-1, 1])
        elif kind == 2:
            ends = (positions.origin[line], positions.extremity[line])
            action.set_bus[generator.choice(ends)] = generator.choice([-1, 1, 2])
        else:
            action.set_line_status[line] = generator.choice([0, 1])
            action.set_bus[positions.origin[line]] = generator.choice([0, 1, 2])
            action.set_bus[positions.extremity[line]] = generator.choice([0, 1, 2])
    return action


def random_redispatching(ramps: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Moves of some generators within their ramps (MW); at times further, which is ambiguous."""
    change = ramps * generator.uniform(-1, 1, len(ramps)) * (generator.random(len(ramps)) < 0.3)
    if generator.random() < 0.05:
        change[generator.integers(len(change))] = 1.1 * ramps.max()
    return np.asarray(change, dtype=np.float32)


def differences(fast: Any, judge: Any) -> list[str]:
    """What differs between an episode of the stepper and one of grid2op after the same step."""
    found = [
        f"{name} {getattr(fast, name)} for {getattr(judge, name)}"
        for name in OUTCOME
        if getattr(fast, name) != getattr(judge, name)
    ]
    if judge.game_over or fast.game_over:
        return found
    if set(fast.opened) != set(judge.opened):
        found.append(f"opened {fast.opened} for {judge.opened}")
    shown, true = fast.observation, judge.observation
    found += [name for name in EXACT if (getattr(shown, name) != getattr(true, name)).any()]
    found += [name for name in CLOSE if _error(shown, true, name) > TOLERANCE]
    if shown.get_time_stamp() != true.get_time_stamp():
        found.append("time stamp")
    pairs = zip(shown.get_forecasted_inj(1), true.get_forecasted_inj(1), strict=True)
    if not judge.done and not all(np.allclose(*pair, rtol=1e-6) for pair in pairs):
        found.append("forecast")
    return found


def candidate_differences(
    simulator: Simulator, observation: Any, shown: Any, candidates: Sequence[GridAction]
) -> list[str]:
    """What differs between outcomes of the batch and of ``observation.simulate``."""
    true = ForecastSimulator().evaluate(observation, candidates)
    found = []
    for source, state in (("grid2op's", observation), ("the stepper's", shown)):
        outcomes = simulator.evaluate(state, candidates)
        for number, (one, other) in enumerate(zip(outcomes, true, strict=True)):
            same = (one.legal, one.game_over) == (other.legal, other.game_over)
            if not same or (not other.game_over and _error(one, other, "rho") > TOLERANCE):
                found.append(f"candidate {number} from {source} observation")
    return found


def _error(shown: Any, true: Any, name: str) -> float:
    one, other = getattr(shown, name), getattr(true, name)
    least = 0.01 if name == "rho" else 0.01 * np.abs(other).max(initial=1)
    return float(np.max(np.abs(one - other) / np.maximum(np.abs(other), least)))


def compare_episode(
    fast: FastEngine,
    judge: Grid2opEngine,
    scenario: str,
    seed: int,
    choose: Callable[[Any, Any], GridAction | None],
    steps: int,
    look: Callable[[Any], list[GridAction]] | None = None,
) -> Tally:
    """Play an episode on both, at most so many steps, until it ends or something differs.

    Parameters
    ----------
    choose:
        (grid2op's observation, the stepper's) -> the action.
    look:
        Observation -> candidates whose outcomes are compared now and then.
    """
    tally, simulator = Tally(), fast.simulator()
    one, other = fast.start(scenario, seed), judge.start(scenario, seed)
    while not other.done and tally.steps < steps:
        action = choose(other.observation, one.observation)
        one.step(action)
        other.step(action)
        tally.steps += 1
        tally.acted += action is not None
        tally.illegal += not other.legal
        tally.redispatched += bool(other.observation.actual_dispatch.any())
        tally.under_attack += bool(other.attacked)
        tally.in_maintenance += bool((other.observation.time_next_maintenance == 0).any())
        tally.split += bool((other.observation.topo_vect == 2).any())
        tally.cascade += bool(other.opened)
        tally.cascade_survived += bool(other.opened) and not other.game_over
        tally.game_over += other.game_over
        found = differences(one, other)
        if not other.game_over and not one.game_over:
            error = _error(one.observation, other.observation, "rho")
            tally.worst_rho = max(tally.worst_rho, error)
        if look is not None and not other.done and (tally.steps + 7 * seed) % EVERY == 0:
            candidates = look(other.observation)
            tally.candidates += len(candidates)
            found += candidate_differences(
                simulator, other.observation, one.observation, candidates
            )
        if found:
            tally.mismatches.append(f"{scenario}, seed {seed}, step {other.steps}: {found}")
            break
    return tally


@dataclass(frozen=True)
class Course:
    """An environment, how hard it is made, and who plays how many steps."""

    environment: str
    limits: float
    steps: int
    share: float
    greedy: bool
    scenarios: str = ".*"
    bundled: bool = False
    moves: float = 0.0


COURSES = (
    Course("rte_case14_realistic", 0.7, 8_000, 0.3, False, "0[0-4]0"),
    Course("rte_case14_realistic", 0.85, 12_000, 0.02, True, "0[0-4]0"),
    Course("l2rpn_neurips_2020_track1_val", 1.0, 20_000, 0.0, True, ".*_wk1"),
    Course("l2rpn_neurips_2020_track1_val", 0.75, 15_000, 0.05, True, ".*_wk2"),
    Course("l2rpn_neurips_2020_track1_val", 1.0, 8_000, 0.3, False, ".*_wk3"),
    Course("l2rpn_neurips_2020_track1_val", 1.0, 12_000, 0.01, True, ".*_wk4", moves=0.1),
    Course("l2rpn_icaps_2021_val", 1.0, 15_000, 0.01, True, ".*_1"),
    Course("l2rpn_icaps_2021_val", 0.7, 8_000, 0.2, False, ".*_2"),
    Course("l2rpn_wcci_2020_train", 0.85, 12_000, 0.02, True, "Scenario_a.*"),
    Course("l2rpn_wcci_2020_test", 1.0, 6_000, 0.3, False),
    Course("l2rpn_wcci_2022_val", 1.0, 8_000, 0.01, True, "2050-0[1-4].*"),
    Course("l2rpn_wcci_2022_val", 0.9, 5_000, 0.3, False, "2050-0[1-4].*"),
    Course("l2rpn_wcci_2022_val", 1.0, 4_000, 0.01, True, "2050-0[1-4].*", moves=0.1),
    Course("rte_case118_example", 1.0, 2_000, 0.2, False, bundled=True),
)


def run_course(course: Course, data: Path, seed: int = 0) -> Tally:
    """Play a course, episode after episode."""
    source = BUNDLED if course.bundled else str(data / course.environment)
    scenarios = Scenarios(course.environment, source, course.scenarios)
    environments = [open_environment(scenarios, cached=True) for _ in range(2)]
    for environment in environments:
        environment.set_thermal_limit(environment.get_thermal_limit() * course.limits)
    fast, judge = FastEngine(environments[0]), Grid2opEngine(environments[1])
    grid = judge.grid
    actions = unitary_topologies(GridLayout.from_grid2op(grid))
    ramps = np.where(grid.gen_redispatchable, grid.gen_max_ramp_up, 0) if course.moves else None
    positions = Positions.from_grid2op(grid)
    player = Player(actions, positions, course.share, course.greedy, ramps, course.moves)
    tally = Tally()
    for number, scenario in _rounds(fast.scenarios):
        generator = np.random.default_rng([seed, number])
        act = partial(_act, player, generator, fast.simulator())
        left = course.steps - tally.steps
        look = partial(player.candidates, generator=generator)
        tally += compare_episode(fast, judge, scenario, seed + number, act, left, look)
        if tally.steps >= course.steps:
            break
    fast.close()
    judge.close()
    return tally


def _act(
    player: Player,
    generator: np.random.Generator,
    simulator: Simulator,
    observation: Any,
    shown: Any,
) -> GridAction | None:
    return player.act(observation, generator, simulator, shown)


def _rounds(scenarios: list[str]) -> Iterator[tuple[int, str]]:
    number = 0
    while True:
        yield number, scenarios[number % len(scenarios)]
        number += 1


def main(
    data: Path = typer.Option(..., help="The folder that holds the environment folders."),
    seed: int = typer.Option(0, min=0, help="Of scenarios and players."),
    jobs: int = typer.Option(2, min=1, help="Processes."),
) -> None:
    """Compare the episode stepper with grid2op on all courses; exit code 1 on a mismatch."""
    console = Console(soft_wrap=True)
    console.print(describe_machine())
    columns = [each.name for each in fields(Tally) if each.name != "mismatches"]
    heads = ["course", *(name.replace("_", " ") for name in columns), "mismatches"]
    console.print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    total = Tally()
    played = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(run_course)(course, data, seed) for course in COURSES
    )
    for course, tally in zip(COURSES, played, strict=True):
        kind = "greedy" if course.greedy else "random"
        kind += ", redispatching" if course.moves else ""
        name = f"{course.environment}, limits x {course.limits}, {kind}"
        console.print(_row(name, columns, tally))
        total += tally
    console.print(_row("all", columns, total))
    for mismatch in total.mismatches:
        console.print(mismatch)
    sys.exit(1 if total.mismatches else 0)


def _row(name: str, columns: list[str], tally: Tally) -> str:
    values = [getattr(tally, column) for column in columns]
    cells = [f"{value:.0e}" if isinstance(value, float) else f"{value:,}" for value in values]
    return f"| {' | '.join([name, *cells, str(len(tally.mismatches))])} |"


if __name__ == "__main__":
    typer.run(main)
