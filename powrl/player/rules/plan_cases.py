"""The grids whose loads a plan of the generators keeps low: as it is, and after each loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..grid.grid import Grid
from ..lookahead.batch import BatchSimulator
from ..lookahead.sensitivity import GeneratorSensitivity
from ..lookahead.state import GridState
from .attack_draw import draw_shares
from .attack_limits import AttackLimits
from .case import Case
from .contingencies import Contingencies
from .expected_attacks import ExpectedAttacks
from .exposure import Exposure
from .maintenance import in_maintenance_within
from .redispatching_settings import RedispatchingSettings
from .relief_units import ReliefUnits
from .situation import Situation

EMERGENCY_WEIGHT, PRESENT_WEIGHT = 3000.0, 1500.0
"""Cost of a load of 1 beyond the goal, against 1 of each MW held: of an overload that is there, and
of one that is coming."""

OVERLOAD_LIMIT, OVERLOAD_FACTOR = 0.99, 10.0
"""A load beyond this costs so many times what one beyond the goal does."""

TRIP_LIMIT, TRIP_FACTOR, SOON_FACTOR = 0.97, 20.0, 0.1
"""The same of a line that the protections open in the next step, and the part of it of a line that
they open in the one after."""

MAX_FORECAST_ERROR = 0.1
"""A load that is further off was not forecast wrongly: a line was lost."""


class LossCase(NamedTuple):
    """The case of a line's loss, or of the grid as it is.

    Attributes
    ----------
    lost:
        Number of the line; None: the grid as it is.
    case:
        Its loads and how they answer.
    is_limited:
        Whether loads beyond the lines' limits are to be avoided; else they cost what they add to
        the chance of a blackout, and no more.
    """

    lost: int | None
    case: Case
    is_limited: bool = True


class _Goal(NamedTuple):
    """A state that a plan keeps below a line load, and what a load of 1 beyond it costs.

    Attributes
    ----------
    lost:
        Number of the line that is out, of several in maintenance the first; None: it is the state
        after the action of this step.
    is_limited:
        As in `LossCase`.
    """

    state: GridState
    limit: float
    weight: float
    lost: int | None = None
    is_limited: bool = True


class PlanCases:
    """Finds the cases of a plan.

    Parameters
    ----------
    grid, simulator, settings:
        Of the rule.
    units:
        Storage units and renewable generators that plans use, or None.
    attacks:
        Those that plans prepare for.

    Attributes
    ----------
    emergency_steps:
        Steps within which an overload is to be gone: the protections open its line after so many,
        and some open it at once.
    """

    def __init__(
        self,
        grid: Grid,
        simulator: BatchSimulator,
        settings: RedispatchingSettings,
        units: ReliefUnits | None,
        attacks: ExpectedAttacks,
    ) -> None:
        numbers = grid.generators.numbers
        self._contingencies = Contingencies(
            simulator,
            attacks.lines,
            AttackLimits(settings.redispatch_limit, settings.redispatch_chance, attacks.value),
            attacks.corrections if settings.correct_actions else None,
            attacks.pause,
        )
        exposed = [grid.line_numbers[name] for name in settings.exposed]
        self._exposure = Exposure(simulator, exposed)
        renewables, storage = (units.renewables, units.storage) if units else ((), ())
        self._sensitivity = GeneratorSensitivity(
            simulator.grid_copy(), np.append(numbers, renewables).astype(int), storage
        )
        self._positions = simulator.positions
        self._settings = settings
        self._units = units
        self.emergency_steps = max(simulator.rules.overflow_steps, 1)

    def at(self, situation: Situation, state: GridState) -> list[LossCase]:
        """The state and, where plans prevent, those after the losses that matter, in this order.

        They do in a calm grid. Planned maintenance is among the losses. The last one is the state
        again where lines are exposed.
        """
        is_calm = not situation.is_overloaded
        weight = PRESENT_WEIGHT if is_calm else EMERGENCY_WEIGHT
        goals = [_Goal(state, self._settings.redispatch_goal, weight)]
        if is_calm:
            goals += self._after_attacks(situation, state)
            goals += self._in_maintenance(situation, state)
        cases = self._linearised(goals, situation)
        if is_calm and cases and cases[0].lost is None:
            weight = self._settings.exposed_weight
            exposed = self._exposure.case(situation, state, cases[0].case, weight)
            cases += [LossCase(None, exposed, False)] if exposed is not None else []
        return cases

    def at_reference(
        self,
        losses: Sequence[LossCase],
        situation: Situation,
        dispatched: np.ndarray,
        coming: np.ndarray,
    ) -> list[LossCase]:
        """The cases where the dispatch stays and neither storage nor curtailment injects anything.

        Parameters
        ----------
        dispatched, coming:
            The dispatch so far, and that of the state where nothing is done (MW), shape ``(n,)``.
        """
        assert self._units is not None
        injected = self._units.as_now(situation.observation, situation.forecast_production)
        offset = np.append(dispatched - coming, -injected)
        return [loss._replace(case=replace(loss.case, offset=offset)) for loss in losses]

    @staticmethod
    def with_margin(
        losses: Sequence[LossCase], situation: Situation, foreseen: np.ndarray | None
    ) -> list[LossCase]:
        """The cases with a part of the last forecast error added to the grid as it is.

        Parameters
        ----------
        foreseen:
            Loads that the last plan expected in this step, or None: there was none.
        """
        share = situation.settings.forecast_margin
        if not share or foreseen is None or not losses or losses[0].lost is not None:
            return list(losses)
        case, rho = losses[0].case, np.asarray(situation.observation.rho, dtype=float)
        error = np.clip(rho - foreseen, 0, MAX_FORECAST_ERROR)
        return [LossCase(None, replace(case, rho=case.rho + share * error)), *losses[1:]]

    def at_protections(
        self, losses: Sequence[LossCase], counted: np.ndarray, overloaded: bool
    ) -> list[Case]:
        """The cases again at what loads beyond limits cost, and lines that are about to trip.

        Parameters
        ----------
        losses:
            Those of the plan.
        counted:
            Steps that the protection of each line has counted, shape ``(n_line,)``.
        """
        again = [
            replace(case, limit=OVERLOAD_LIMIT, weight=OVERLOAD_FACTOR * case.weight)
            for _, case, is_limited in losses
            if is_limited and case.limit < OVERLOAD_LIMIT
        ]
        if overloaded:
            spare = self.emergency_steps - counted
            factors = np.where(spare <= 0, 1.0, np.where(spare == 1, SOON_FACTOR, 0.0))
            again += [
                replace(case, limit=TRIP_LIMIT, weight=TRIP_FACTOR * factors * case.weight)
                for _, case, _ in losses[:1]
            ]
        return again

    def _linearised(self, goals: Sequence[_Goal], situation: Situation) -> list[LossCase]:
        """The first goal and, by weight, as many others as the clock allows, in their order."""
        by_weight = sorted(range(1, len(goals)), key=lambda number: -goals[number].weight)
        numbers = (0, *by_weight)
        answers = self._sensitivity.at_many([goals[number].state for number in numbers])
        cases: dict[int, Case] = {}
        for number in numbers:
            if number and situation.clock.stops():
                break
            goal = goals[number]
            situation.clock.count(1)
            answer = next(answers) or self._sensitivity.estimate(goal.state)
            if answer is not None:
                cases[number] = Case(*answer, goal.limit, goal.weight)
        return [
            LossCase(goals[number].lost, cases[number], goals[number].is_limited)
            for number in sorted(cases)
        ]

    def _after_attacks(self, situation: Situation, state: GridState) -> list[_Goal]:
        """The state after each attack to come, as far as topology does not correct it."""
        lines = self._contingencies.lines
        rho = np.asarray(situation.observation.rho, dtype=float)
        shares = draw_shares(rho[lines], self._settings.attack_normalization)
        weights = dict(zip(lines.tolist(), (self._settings.redispatch_weight * shares).tolist()))
        is_limited = not self._settings.redispatch_chance
        return [
            _Goal(loss.state, loss.limit, loss.cost * weights[loss.line], loss.line, is_limited)
            for loss in self._contingencies.losses(situation, state)
        ]

    def _in_maintenance(self, situation: Situation, state: GridState) -> list[_Goal]:
        """The state without the lines of the planned maintenance that is near, if there are any."""
        steps = self._settings.redispatch_maintenance
        if not steps:
            return []
        planned = in_maintenance_within(situation.observation, steps)
        lines = np.flatnonzero(planned & state.line_status(self._positions)).tolist()
        if not lines:
            return []
        state = state.without_line(self._positions, *lines)
        limit, weight = self._settings.redispatch_limit, self._settings.redispatch_weight
        return [_Goal(state, limit, weight, lines[0])]
