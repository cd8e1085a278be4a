"""Rule 5: move generators, ahead of attacks and against overloads that topology leaves."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import PowrlError
from ..grid.action import GridAction
from ..grid.positions import Positions
from ..lookahead.batch import BatchSimulator
from ..lookahead.outcome import Simulator
from ..lookahead.sensitivity import GeneratorSensitivity
from ..lookahead.state import GridState
from .episode_start import EpisodeStart
from .linear_program import Case, Fleet, Generators, least_redispatching
from .settings import OverloadSettings

log = logging.getLogger(__name__)

LEAST_MOVE = 0.25
"""Smaller changes (MW) are not worth an action."""

NOTICED = 0.01
"""grid2op fits the dispatch anew when a target is off by this (MW)."""

LEAST_ROOM = 5.0
"""With less left to move up or down in a step (MW), grid2op might find no dispatch."""

SURE = 0.2
"""Share of its ramp by which a generator must come inside its ends, or else all stay: grid2op finds
no dispatch with one that cannot, as the slack may be, whose losses are not known ahead."""

LEAST_LOAD = 0.01
"""A line without any load is attacked, too."""

INSIDE = 0.05
"""By so much (MW) moves stay inside what ramps and limits allow."""

EMERGENCY_WEIGHT, PRESENT_WEIGHT, CONTINGENCY_WEIGHT = 3000.0, 1500.0, 5000.0
"""Cost of a load of 1 beyond the limit, against 1 of each MW held: of an overload that is there, of
one that is coming, and of those after the attacks, all together."""


class Redispatching:
    """Keeps the grid within its limits also after the attacks that are expected.

    Every `OverloadSettings.redispatch_every` steps, and at each step with an overload, a linear
    program over the power flow's sensitivities says where the generators should be; they go there
    as fast as their ramps allow. The same program brings them back when the grid is calm. Where
    the ramps leave no room, the generators are told to stay where they are, which grid2op can
    always do.

    Parameters
    ----------
    generators:
        Of the environment that is played.
    contingencies:
        Numbers of the lines whose loss the grid should survive.
    simulator:
        On the environment that is played.
    """

    def __init__(
        self,
        generators: Generators,
        contingencies: np.ndarray,
        positions: Positions,
        simulator: BatchSimulator,
        settings: OverloadSettings,
    ) -> None:
        self._generators = generators
        self._contingencies = contingencies
        self._positions = positions
        self._simulator = simulator
        self._settings = settings
        self._sensitivity = GeneratorSensitivity(
            simulator.grid_copy(), generators.numbers, generators.pmax
        )
        # the protections open an overloaded line after so many; some open it at once
        self._emergency_steps = max(simulator.rules.overflow_steps, 1)
        self._wanted: np.ndarray | None = None
        self._planned_at = -1
        self._start = EpisodeStart()
        self._scheduled: np.ndarray | None = None
        # grid2op adds to the target of a generator that had one, else to its dispatch
        self._targeted = np.zeros(len(generators.numbers), dtype=bool)

    def on_top_of(
        self,
        action: GridAction,
        observation: Any,
        may_plan: bool = True,
        deadline: float = float("inf"),
    ) -> GridAction:
        """The action with the redispatching of this step, or as it is.

        Parameters
        ----------
        action:
            The topology action that will be played.
        observation:
            Of grid2op or of the episode stepper.
        may_plan:
            Whether there is time for a new plan; else the last one is followed.
        deadline:
            Value of `time.perf_counter` after which a new plan looks at no further contingency.
        """
        if self._start.is_at(observation):
            self._wanted, self._planned_at, self._scheduled = None, -1, None
            self._targeted[:] = False
        fleet = self._generators
        dispatched = np.asarray(observation.actual_dispatch, dtype=float)[fleet.numbers]
        if may_plan and self._is_due(observation):
            self._planned_at = int(observation.current_step)
            state = self._simulator.state_of(observation)
            plan = state and self._plan(action, observation, state, dispatched, deadline)
            if plan is not None:
                self._wanted = dispatched + plan
        change = self._change(observation, dispatched)
        target = np.asarray(observation.target_dispatch, dtype=float)[fleet.numbers]
        # what grid2op has made of the targets so far is taken for granted
        held = np.where(self._targeted | (target != 0), dispatched - target, 0.0)
        if np.abs(change).max() < LEAST_MOVE and np.abs(held).max() < NOTICED:
            return action
        move = np.clip(held + change, -fleet.ramp_down, fleet.ramp_up)
        move[np.abs(move) < NOTICED] = 0
        self._targeted |= move != 0
        redispatch = np.zeros(observation.n_gen, dtype=np.float32)
        redispatch[fleet.numbers] = move
        return replace(action, redispatch=redispatch)

    def _is_due(self, observation: Any) -> bool:
        passed = observation.current_step - self._planned_at
        return (
            self._planned_at < 0
            or passed >= self._settings.redispatch_every
            or bool(observation.rho.max() >= self._settings.critical_rho)
        )

    def _plan(
        self,
        action: GridAction,
        observation: Any,
        state: GridState,
        dispatched: np.ndarray,
        deadline: float,
    ) -> np.ndarray | None:
        """Changes of the dispatch (MW) that relieve the grid after the action."""
        settings = self._settings
        after = self._simulator.play_state(state, [action])
        if after.alive[0]:
            state = state.with_topology(after.before[0])
        overloaded = bool(observation.rho.max() >= settings.critical_rho)
        weight = EMERGENCY_WEIGHT if overloaded else PRESENT_WEIGHT
        asked = [(state, settings.redispatch_goal, weight)]
        if not overloaded:
            asked += self._attacked(observation, state)
        scheduled = state.injections.gen_p[self._generators.numbers].astype(float)
        fleet = Fleet(self._generators, scheduled, dispatched)
        changes = least_redispatching(
            fleet,
            self._cases(asked, deadline),
            steps=self._emergency_steps if overloaded else 2 * settings.redispatch_every,
            held_steps=settings.redispatch_held_steps,
            spare_steps=settings.redispatch_spare_steps,
            reserve=settings.redispatch_reserve,
        )
        if changes is None:
            log.warning("step %s: no plan of the generators found", observation.current_step)
        return changes

    def _cases(
        self, asked: Sequence[tuple[GridState, float, float]], deadline: float
    ) -> list[Case]:
        """The first of the states and, by weight, as many others as there is time for, in order."""
        by_weight = sorted(range(1, len(asked)), key=lambda number: -asked[number][2])
        cases: dict[int, Case] = {}
        for number in (0, *by_weight):
            if number and time.perf_counter() >= deadline:
                break
            state, limit, weight = asked[number]
            known = self._sensitivity.of(state)
            if known is not None:
                cases[number] = Case(*known, limit, weight)
        return [cases[number] for number in sorted(cases)]

    def _attacked(self, observation: Any, state: GridState) -> list[tuple[GridState, float, float]]:
        """The state after each attack to come, when the present one is over, limit and weight."""
        positions, lines = self._positions, self._contingencies
        if not len(lines):
            return []
        ends = np.concatenate((positions.origin[lines], positions.extremity[lines]))
        topology = state.topology.copy()
        topology[ends] = np.where(topology[ends] > 0, topology[ends], state.last_topology[ends])
        whole = state.with_topology(topology)
        loads = np.maximum(np.asarray(observation.rho, dtype=float)[lines], LEAST_LOAD)
        weights = CONTINGENCY_WEIGHT * loads / loads.sum()
        return [
            (whole.without_line(positions, int(line)), self._settings.redispatch_limit, float(each))
            for line, each in zip(lines, weights)
        ]

    def _change(self, observation: Any, dispatched: np.ndarray) -> np.ndarray:
        """Change (MW) in this step towards where the generators should be.

        The time series move the generators too: only what they leave of the ramps is free. What
        they would drive beyond its ends is held back in time: grid2op lets a generator pass them,
        but then finds no dispatch any more. How the time series go on is told by their last step,
        since forecasts have errors beyond the ramps.
        """
        fleet = self._generators
        scheduled = np.asarray(observation.gen_p, dtype=float)[fleet.numbers] - dispatched
        before = scheduled if self._scheduled is None else self._scheduled
        self._scheduled = scheduled
        drift = np.clip(scheduled - before, -fleet.ramp_down, fleet.ramp_up)
        coming = scheduled + drift
        slowest, fastest = INSIDE - fleet.ramp_down - drift, fleet.ramp_up - drift - INSIDE
        above, below = fleet.pmax - coming - dispatched, coming + dispatched - fleet.pmin
        room = min(np.minimum(fastest, above).sum(), np.minimum(-slowest, below).sum())
        out_of_reach = (above < slowest + SURE * fleet.ramp_up) | (
            below < SURE * fleet.ramp_down - fastest
        )
        if self._wanted is None or room < LEAST_ROOM or out_of_reach.any():
            return np.zeros(len(fleet.numbers))
        # a step of the ramp from the ends, as far as the time series stay off them
        spare_up = np.clip(fleet.pmax - coming, 0, fleet.ramp_up)
        spare_down = np.clip(coming - fleet.pmin, 0, fleet.ramp_down)
        lowest = np.clip(spare_down - below, slowest, fastest)
        highest = np.clip(above - spare_up, slowest, fastest)
        wanted = self._wanted - dispatched
        wanted[np.abs(wanted) < LEAST_MOVE] = 0
        return balanced(wanted, np.minimum(lowest, highest), highest)


def require_lines(names: Collection[str], settings: OverloadSettings) -> None:
    """Refuse contingencies that a grid does not have.

    Parameters
    ----------
    names:
        Of the grid's lines.

    Raises
    ------
    PowrlError
        The grid has no line of a name among the contingencies.
    """
    for name in settings.contingencies:
        if name not in names:
            raise PowrlError(f"overload.contingencies: the grid has no line {name!r}.")


def redispatching_of(
    action_space: Any, simulator: Simulator, settings: OverloadSettings
) -> Redispatching | None:
    """The redispatching that the settings ask for, or None where they do not, or it cannot be had.

    Why it cannot be had is logged (level INFO): actions of the environment have no redispatching,
    or candidates are not evaluated in batches.

    Parameters
    ----------
    action_space:
        Of the grid2op environment that is played.

    Raises
    ------
    PowrlError
        The grid has no line of a name among the contingencies.
    """
    require_lines(action_space.name_line, settings)
    if not settings.redispatch:
        return None
    if "redispatch" not in action_space.actionClass.authorized_keys:
        log.info("no redispatching: actions of this environment cannot")
        return None
    if not isinstance(simulator, BatchSimulator):
        log.info("no redispatching: candidates are not evaluated in batches")
        return None
    names = [str(name) for name in action_space.name_line]
    contingencies = np.array([names.index(name) for name in settings.contingencies], dtype=int)
    generators, positions = Generators.of(action_space), Positions.of(action_space)
    if not len(generators.numbers):
        log.info("no redispatching: no generator of this grid can be moved")
        return None
    return Redispatching(generators, contingencies, positions, simulator, settings)


def balanced(wanted: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Within bounds and summing up to 0, each as far from `wanted` as the others, shape ``(n,)``.

    Where the bounds do not allow a sum of 0, as near to it as they do.
    """
    low, high = float((lowest - wanted).min()), float((highest - wanted).max())
    for _ in range(60):  # bisection: the sum rises with the shift
        shift = (low + high) / 2
        if np.clip(wanted + shift, lowest, highest).sum() > 0:
            high = shift
        else:
            low = shift
    return np.asarray(np.clip(wanted + low, lowest, highest))
