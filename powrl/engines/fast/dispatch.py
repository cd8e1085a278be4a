"""Redispatching in an episode of the stepper: targets, and grid2op's own solver that fits them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from grid2op.Environment.dispatch import RedispatchConstraints, RedispatchState

from ...player.grid.grid2op_objects import Environment
from ...player.grid2op_internals import redispatching_solver, redispatching_tolerances
from .scenario import frozen

NOTHING = 1e-7
"""grid2op takes less (MW) for nothing."""


@dataclass(frozen=True, eq=False)
class Dispatch:
    """How far generators are from the time series; a snapshot that is never written to.

    Attributes
    ----------
    target, actual:
        What was asked of each generator, and what it does (MW), shape ``(n_gen,)``, float32
        (``target_dispatch`` and ``actual_dispatch`` of grid2op's observation).
    moved:
        Which of them an action has ever moved, shape ``(n_gen,)``, bool.
    """

    target: np.ndarray
    actual: np.ndarray
    moved: np.ndarray

    @classmethod
    def none(cls, n_gen: int) -> Dispatch:
        """That of an episode's start."""
        zero = frozen(np.zeros(n_gen, dtype=np.float32))
        return cls(zero, zero, frozen(np.zeros(n_gen, dtype=bool)))

    def with_targets(self, redispatch: np.ndarray) -> Dispatch:
        """With the targets of an action: on top of the target there was, else of the dispatch."""
        moves = np.abs(redispatch) > NOTHING
        target = np.where(self.moved, self.target + redispatch, self.target)
        target = np.where(moves & ~self.moved, self.actual + redispatch, target)
        return Dispatch(frozen(target), self.actual, frozen(self.moved | moves))


class Redispatcher:
    """Plays redispatching as ``grid2op.Environment.BaseEnv`` does, with the solver it has.

    Parameters
    ----------
    environment:
        grid2op's environment, from which the limits of generators and the tolerances are read.
    """

    def __init__(self, environment: Environment) -> None:
        grid: Any = type(environment)
        # an environment may know nothing of what its generators can do: none can be moved then
        has_limits = grid.redispatching_unit_commitment_availble

        def read(values: Any) -> np.ndarray:
            return np.array(values, dtype=np.float32) if has_limits else np.zeros(grid.n_gen)

        epsilon, tolerance = redispatching_tolerances(environment)
        can_move = read(grid.gen_redispatchable).astype(bool)
        none = np.zeros(grid.n_gen, dtype=bool)
        # of each step, but for what the time series say and who takes part
        self._limits = RedispatchConstraints(
            new_p=np.zeros(grid.n_gen, dtype=np.float32),
            gen_participating=none,
            gen_detached=none,
            power_to_compensate_mw=0.0,
            contributions={},
            pmin=read(grid.gen_pmin),
            pmax=read(grid.gen_pmax),
            ramp_up=read(grid.gen_max_ramp_up),
            ramp_down=read(grid.gen_max_ramp_down),
            redispatchable_mask=can_move,
            can_use_all_redispatchable=environment.parameters.ALLOW_DISPATCH_GEN_SWITCH_OFF,
            epsilon=epsilon,
            tol=tolerance,
        )
        self._solver = redispatching_solver(environment)
        self._sizes = (int(grid.n_gen), int(grid.n_storage), int(grid.n_load))

    def is_ambiguous(self, redispatch: np.ndarray) -> bool:
        """Whether an action asks what no generator can do: grid2op plays nothing of it then."""
        limits = self._limits
        return bool(
            (np.abs(redispatch[~limits.redispatchable_mask]) >= NOTHING).any()
            or (redispatch > limits.ramp_up).any()
            or (-redispatch > limits.ramp_down).any()
        )

    def with_targets(
        self, dispatch: Dispatch, redispatch: np.ndarray, scheduled: np.ndarray
    ) -> tuple[Dispatch, bool]:
        """The dispatch with an action's targets, and whether grid2op takes them.

        Where it does not, what was asked is taken off again, as grid2op does: a generator that was
        never moved before has its dispatch for a target then.

        Parameters
        ----------
        redispatch:
            Redispatching of the action (MW), shape ``(n_gen,)``, float32.
        scheduled:
            Generation in the time series at the step that is played (MW).
        """
        after = dispatch.with_targets(redispatch)
        limits = self._limits
        span = limits.pmax - limits.pmin
        is_off = np.abs(scheduled) <= NOTHING
        refused = (after.target > span).any() or (after.target < -span).any()
        refused = refused or (not limits.can_use_all_redispatchable and redispatch[is_off].any())
        if refused:
            return replace(after, target=frozen(after.target - redispatch)), False
        return after, True

    def fitted(
        self, dispatch: Dispatch, before: np.ndarray, scheduled: np.ndarray
    ) -> Dispatch | None:
        """The dispatch as near to its targets as ramps, limits and balance allow; None: game over.

        Parameters
        ----------
        before, scheduled:
            What the time series said of the step before, and say of this one (MW).
        """
        if dispatch.actual is dispatch.target:  # nothing was ever asked: most episodes of training
            return dispatch
        limits = self._limits
        unmet = np.abs(dispatch.actual - dispatch.target).max()
        if abs(dispatch.actual.sum()) < limits.tol and unmet < limits.tol:
            return dispatch
        state = RedispatchState.allocate(*self._sizes)
        state.target_dispatch[:] = dispatch.target
        state.actual_dispatch[:] = dispatch.actual
        state.already_modified_gen[:] = dispatch.moved
        state.gen_activeprod_t_redisp[:] = before + dispatch.actual
        is_on = (scheduled > 0) | (np.abs(dispatch.actual) >= NOTHING)
        takes_part = limits.redispatchable_mask & (is_on | (dispatch.target != dispatch.actual))
        constraints = replace(limits, new_p=scheduled, gen_participating=takes_part)
        result = self._solver.solve(constraints, state)
        if not result.success:
            return None
        return replace(dispatch, actual=frozen(np.asarray(result.actual_dispatch)))
