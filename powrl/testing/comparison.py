"""The same step, the same candidates and the same episode, on an engine and on grid2op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from ..engines.engine import Engine, Episode
from ..player.actions.grid_action import GridAction
from ..player.grid.observation import Observation
from ..player.lookahead.forecast import ForecastSimulator
from ..player.lookahead.outcome import Simulator

TOLERANCE = 1e-5
"""Largest difference of loads, relative to the load, or to 1 % of the limit if that is more."""

CANDIDATES_EVERY = 50
"""Steps between two comparisons of candidates."""

EXACT = (
    "topo_vect",
    "line_status",
    "time_before_cooldown_line",
    "time_before_cooldown_sub",
    "timestep_overflow",
    "timestep_protection_engaged",
    "time_next_maintenance",
    "duration_next_maintenance",
    "time_since_last_attack",
)
"""Attributes of an observation that must be equal."""

CLOSE = (
    *("rho", "p_or", "q_or", "gen_p", "gen_v", "load_p", "load_q"),
    *("actual_dispatch", "target_dispatch", "gen_p_before_curtail"),
    *("curtailment", "curtailment_limit", "curtailment_limit_effective"),
    *("storage_charge", "storage_power", "storage_power_target"),
)
"""Attributes of an observation that must be equal within `TOLERANCE`."""

OUTCOME = ("done", "game_over", "legal", "attacked")
"""Attributes of an episode that must be equal."""


@dataclass
class Tally:
    """A comparison in numbers of steps, and its mismatches."""

    steps: int = 0
    acted: int = 0
    illegal: int = 0
    redispatched: int = 0
    stored_or_curtailed: int = 0
    under_attack: int = 0
    attacked_twice: int = 0
    in_maintenance: int = 0
    split: int = 0
    cascade: int = 0
    cascade_survived: int = 0
    game_over: int = 0
    candidates: int = 0
    worst_rho: float = 0.0
    mismatches: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        """Both comparisons together."""
        both = {column.name: getattr(self, column.name) for column in fields(self)}
        for name, value in both.items():
            addend = getattr(other, name)
            both[name] = max(value, addend) if name == "worst_rho" else value + addend
        return Tally(**both)


def differences(fast: Episode, judge: Episode) -> list[str]:
    """Names of what differs between an engine's episode and grid2op's after the same step."""
    mismatches = [
        f"{name} {getattr(fast, name)} for {getattr(judge, name)}"
        for name in OUTCOME
        if getattr(fast, name) != getattr(judge, name)
    ]
    if judge.game_over or fast.game_over:
        return mismatches
    if set(fast.opened) != set(judge.opened):
        mismatches.append(f"opened {fast.opened} for {judge.opened}")
    stepped, true = fast.observation, judge.observation
    mismatches += [name for name in EXACT if (getattr(stepped, name) != getattr(true, name)).any()]
    mismatches += [name for name in CLOSE if _error(stepped, true, name) > TOLERANCE]
    if stepped.get_time_stamp() != true.get_time_stamp():
        mismatches.append("time stamp")
    pairs = zip(stepped.get_forecasted_inj(1), true.get_forecasted_inj(1), strict=True)
    if not judge.done and not all(np.allclose(*pair, rtol=1e-6) for pair in pairs):
        mismatches.append("forecast")
    return mismatches


def candidate_differences(
    simulator: Simulator,
    observation: Observation,
    stepped: Observation,
    candidates: Sequence[GridAction],
) -> list[str]:
    """Differences between outcomes of `simulator` and of grid2op's ``observation.simulate``.

    The simulator starts from grid2op's `observation` and from the stepper's, `stepped`.
    """
    true = ForecastSimulator().evaluate(observation, candidates)
    mismatches = []
    for source, state in (("grid2op's", observation), ("the stepper's", stepped)):
        outcomes = simulator.evaluate(state, candidates)
        for number, (one, other) in enumerate(zip(outcomes, true, strict=True)):
            same = (one.legal, one.game_over) == (other.legal, other.game_over)
            if not same or (not other.game_over and _error(one, other, "rho") > TOLERANCE):
                mismatches.append(f"candidate {number} from {source} observation")
    return mismatches


def is_stored_or_curtailed(observation: Observation) -> bool:
    """Whether storage units are in use, or something is curtailed."""
    return bool(observation.storage_power.any() or observation.curtailment.any())


def _error(shown: object, true: object, name: str) -> float:
    one, other = getattr(shown, name), getattr(true, name)
    if not len(other):
        return float(len(one))
    least = 0.01 if name == "rho" else 0.01 * np.abs(other).max(initial=1)
    return float(np.max(np.abs(one - other) / np.maximum(np.abs(other), least)))


def compare_episode(
    fast: Engine,
    judge: Engine,
    scenario: str,
    seed: int,
    choose: Callable[[Observation, Observation], GridAction | None],
    steps: int,
    look: Callable[[Observation], list[GridAction]] | None = None,
) -> Tally:
    """Play an episode on both engines until it ends, something differs, or `steps` are played.

    Parameters
    ----------
    choose:
        (grid2op's observation, the stepper's) -> the action.
    look:
        Observation -> candidates whose outcomes are compared every `CANDIDATES_EVERY` steps.
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
        tally.stored_or_curtailed += is_stored_or_curtailed(other.observation)
        tally.under_attack += bool(other.attacked)
        tally.attacked_twice += len(other.attacked) > 1
        tally.in_maintenance += bool((other.observation.time_next_maintenance == 0).any())
        tally.split += bool((other.observation.topo_vect == 2).any())
        tally.cascade += bool(other.opened)
        tally.cascade_survived += bool(other.opened) and not other.game_over
        tally.game_over += other.game_over
        mismatches = differences(one, other)
        if not other.game_over and not one.game_over:
            error = _error(one.observation, other.observation, "rho")
            tally.worst_rho = max(tally.worst_rho, error)
        due = (tally.steps + 7 * seed) % CANDIDATES_EVERY == 0
        if look is not None and not other.done and due:
            candidates = look(other.observation)
            tally.candidates += len(candidates)
            mismatches += candidate_differences(
                simulator, other.observation, one.observation, candidates
            )
        if mismatches:
            tally.mismatches.append(f"{scenario}, seed {seed}, step {other.steps}: {mismatches}")
            break
    return tally
