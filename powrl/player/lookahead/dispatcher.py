"""What generators and storage units do in a step: grid2op's bookkeeping of dispatch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..actions.curtailment import Curtailment
from ..actions.grid_action import GridAction
from ..actions.part import Part
from ..actions.redispatch import Redispatch
from ..actions.storage import Storage
from ..grid.grid2op_objects import Environment
from .dispatch import NO_POWER, Books, Dispatch
from .dispatch_problem import DispatchProblem
from .dispatch_solver import DispatchSolver, dispatch_solver
from .feasibility import FeasibilityGuard
from .frozen import frozen
from .storage_units import NOTHING, after_losses, store
from .units import DispatchRules, Units


@dataclass(frozen=True, eq=False)
class Moves:
    """What an action asks of generators and storage units; None: nothing.

    Attributes
    ----------
    redispatch, curtailment:
        Values of `Redispatch` and `Curtailment`, shape ``(n_gen,)``, float32.
    storage:
        Values of `Storage`, shape ``(n_storage,)``, float32.
    """

    redispatch: np.ndarray | None = None
    storage: np.ndarray | None = None
    curtailment: np.ndarray | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is asked."""
        return self.redispatch is self.storage is self.curtailment is None

    @property
    def key(self) -> bytes:
        """The same for moves that ask the same."""
        parts = (self.redispatch, self.storage, self.curtailment)
        return b"|".join(b"" if part is None else part.tobytes() for part in parts)


NO_MOVES = Moves()


class Dispatcher:
    """Plays redispatching, storage and curtailment as ``grid2op.Environment.BaseEnv`` does.

    Parameters
    ----------
    units:
        What generators and storage units can do.
    rules:
        What the environment allows.
    solver:
        Fits the dispatch to its targets.
    guard:
        Cuts down what cannot be balanced, or None: the environment does not.
    """

    def __init__(
        self,
        units: Units,
        rules: DispatchRules,
        solver: DispatchSolver,
        guard: FeasibilityGuard | None = None,
    ) -> None:
        self.units, self.rules = units, rules
        self._solver, self._guard = solver, guard
        self._idle = frozen(np.zeros(len(units.loss), dtype=np.float32))
        self._loses = rules.has_losses and bool(units.loss.any())

    @classmethod
    def from_environment(cls, environment: Environment) -> Dispatcher:
        """That of a grid2op environment of version 1.12.6 or later."""
        units, rules = Units.from_grid2op(environment), DispatchRules.from_grid2op(environment)
        guard = FeasibilityGuard(environment, units) if rules.limits_infeasible else None
        return cls(units, rules, dispatch_solver(environment, units, rules), guard)

    def moves_of(self, action: GridAction) -> Moves:
        """What an action asks; parts that grid2op does not allow here are left out."""

        def values(kind: type[Part]) -> np.ndarray | None:
            part = action.part(kind)
            is_set = part is not None and not part.is_nothing and kind.key in self.rules.keys
            return part.values if part is not None and is_set else None

        moves = Moves(values(Redispatch), values(Storage), values(Curtailment))
        return NO_MOVES if moves.is_nothing else moves

    def is_ambiguous(self, moves: Moves) -> bool:
        """Whether moves are beyond what a unit can do: grid2op plays nothing of the action then."""
        units, ambiguous = self.units, False
        if moves.redispatch is not None:
            change = moves.redispatch
            ambiguous |= bool(
                (np.abs(change[~units.can_move]) >= NOTHING).any()
                or (change > units.ramp_up).any()
                or (-change > units.ramp_down).any()
            )
        if moves.storage is not None:
            power = moves.storage
            ambiguous |= bool((power < -units.produces).any() or (power > units.absorbs).any())
        if moves.curtailment is not None:
            limits = moves.curtailment
            sets = np.abs(limits + 1.0) >= NOTHING
            ambiguous |= bool((sets & ((limits < 0) | (limits > 1) | ~units.can_curtail)).any())
        return ambiguous

    def play(
        self,
        dispatch: Dispatch,
        before: np.ndarray,
        scheduled: np.ndarray,
        moves: Moves = NO_MOVES,
    ) -> tuple[Dispatch | None, bool]:
        """The dispatch of the next step (None: game over), and whether grid2op takes its targets.

        Parameters
        ----------
        before, scheduled:
            Production in the time series in this step and in the next one (MW), shape
            ``(n_gen,)``, float32.
        moves:
            What the action asks; none of it is ambiguous.
        """
        if moves.storage is None and moves.curtailment is None and dispatch.is_redispatching:
            return self._play_redispatching(dispatch, before, scheduled, moves)
        before = dispatch.production_of(before)
        charge, power, request = self._stored(dispatch, moves.storage)
        absorbed = NO_POWER if request is self._idle else power.sum()
        limits = dispatch.limits.after(moves.curtailment, self.units.can_curtail)
        production, curtailed = limits.applied(scheduled)
        target, moved, taken = self._targets(dispatch, moves.redispatch, production)
        more = (absorbed - dispatch.absorbed, curtailed - dispatch.curtailed)
        if not taken:  # grid2op takes the charge back, not the power
            charge, more = dispatch.charge, (more[0] - absorbed, more[1])
        if self._loses:
            charge = after_losses(self.units, self.rules, charge)
        cut = dispatch.cut
        if self._guard is not None:
            books = Books(charge, power, production, absorbed, curtailed, cut)
            books, more = self._guard.limit(dispatch, limits, before, scheduled, books, more)
            charge, power, production, absorbed, curtailed, cut = books
        contributions = float(more[0]), -float(more[1])
        problem = DispatchProblem(target, dispatch.actual, moved, before, production)
        actual = self._fitted(problem, contributions)
        if actual is None:
            return None, taken
        produced = frozen(production + actual)
        books = Books(charge, power, produced, absorbed, curtailed, cut)
        return Dispatch(target, actual, moved, request, limits, *books), taken

    def rests(self, dispatch: Dispatch) -> bool:
        """Whether `play` without moves leaves a dispatch as it is, whatever is scheduled."""
        return (
            dispatch.actual is dispatch.target
            and dispatch.production is None
            and dispatch.is_redispatching
            and not self._loses
        )

    def _play_redispatching(
        self, dispatch: Dispatch, before: np.ndarray, scheduled: np.ndarray, moves: Moves
    ) -> tuple[Dispatch | None, bool]:
        """`play` where storage units are idle and nothing is curtailed, at next to no cost."""
        after, taken = dispatch, True
        if moves.redispatch is not None:
            target, moved, taken = self._targets(dispatch, moves.redispatch, scheduled)
            after = replace(dispatch, target=target, moved=moved)
        if self._loses or after.production is not None:
            charge = after_losses(self.units, self.rules, after.charge)
            idle = self._idle
            after = replace(after, charge=charge, power=idle, request=idle, production=None)
        if after.actual is after.target:  # nothing was ever asked: most episodes of training
            return after, taken
        before = dispatch.production_of(before)
        problem = DispatchProblem(after.target, after.actual, after.moved, before, scheduled)
        actual = self._fitted(problem, (0.0, 0.0))
        if actual is None:
            return None, taken
        return after if actual is after.actual else replace(after, actual=actual), taken

    def _stored(
        self, dispatch: Dispatch, storage: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Charge before losses, power, and what was asked of storage units."""
        if storage is None:
            return dispatch.charge, self._idle, self._idle
        request = frozen(np.where(np.abs(storage) >= NOTHING, storage, NO_POWER))
        charge, power = store(self.units, self.rules, dispatch.charge, request)
        return charge, frozen(power), request

    def _targets(
        self, dispatch: Dispatch, redispatch: np.ndarray | None, production: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """Targets, what was ever moved, and whether grid2op takes what an action asks.

        Where it does not, what was asked is taken off again, as grid2op does: a generator that was
        never moved before has its dispatch for a target then.
        """
        if redispatch is None:
            return dispatch.target, dispatch.moved, True
        # on top of the target there was, else of the dispatch
        moves = np.abs(redispatch) > NOTHING
        target = np.where(dispatch.moved, dispatch.target + redispatch, dispatch.target)
        target = np.where(moves & ~dispatch.moved, dispatch.actual + redispatch, target)
        span = self.units.pmax - self.units.pmin
        is_off = np.abs(production) <= NOTHING
        refused = (target > span).any() or (target < -span).any()
        refused = refused or (not self.rules.may_start_generators and redispatch[is_off].any())
        if refused:
            target = target - redispatch
        return frozen(target), frozen(dispatch.moved | moves), not refused

    def _fitted(
        self, problem: DispatchProblem, contributions: tuple[float, float]
    ) -> np.ndarray | None:
        """What generators do, as near to the targets as ramps, limits and balance allow."""
        tolerance, actual = self.rules.tolerance, problem.actual
        if max(map(abs, contributions)) < tolerance:
            unmet = np.abs(actual - problem.target).max()
            if unmet < tolerance and abs(actual.sum()) < tolerance:
                return actual
        problem.to_compensate = sum(contributions)
        fitted = self._solver(problem)
        return None if fitted is None else frozen(fitted)


def knows_dispatch(environment: Environment) -> bool:
    """Whether `Dispatcher` does what an environment does: from grid2op 1.12.6 on."""
    try:
        from grid2op.Environment.dispatch import RedispatchState  # noqa: F401
    except ImportError:
        return False
    parameters = environment.parameters
    return bool(parameters.ENV_DOES_REDISPATCHING and parameters.IGNORE_MIN_UP_DOWN_TIME)
