"""What fits the dispatch of an environment to its targets."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ..grid.grid2op_objects import Environment
from ..grid2op_internals import redispatching_solver, sequential_least_squares
from .dispatch_problem import DispatchProblem
from .least_squares_dispatch import LeastSquaresDispatch
from .units import DispatchRules, Units

DispatchSolver = Callable[[DispatchProblem], "np.ndarray | None"]
"""Fits a dispatch: what each generator adds (MW), shape ``(n_gen,)``, float32; None: impossible."""


def dispatch_solver(environment: Environment, units: Units, rules: DispatchRules) -> DispatchSolver:
    """grid2op's own solver, or the same steps without its overhead where that is possible.

    Parameters
    ----------
    environment:
        grid2op's environment, of version 1.12.6 or later.
    """
    from grid2op.Environment.dispatch import DefaultRedispatchSolver

    solver = redispatching_solver(environment)
    minimise = sequential_least_squares()
    if type(solver) is DefaultRedispatchSolver and minimise is not None:
        return LeastSquaresDispatch(units, rules, minimise)
    return Grid2opDispatch(units, rules, solver)


class Grid2opDispatch:
    """The solver of a grid2op environment (``grid2op.Environment.dispatch``).

    Parameters
    ----------
    solver:
        A ``BaseRedispatchSolver``.
    """

    def __init__(self, units: Units, rules: DispatchRules, solver: Any) -> None:
        self._units, self._rules, self._solver = units, rules, solver

    def __call__(self, problem: DispatchProblem) -> np.ndarray | None:
        """Fit the dispatch of a step."""
        from grid2op.Environment.dispatch import RedispatchConstraints, RedispatchState

        units, rules = self._units, self._rules
        state = RedispatchState.allocate(len(units.pmin), len(units.energy_max), 0)
        state.target_dispatch[:] = problem.target
        state.actual_dispatch[:] = problem.actual
        state.already_modified_gen[:] = problem.moved
        state.gen_activeprod_t_redisp[:] = problem.before
        constraints = RedispatchConstraints(
            new_p=problem.scheduled,
            gen_participating=problem.takes_part(units.can_move),
            gen_detached=np.zeros(len(units.pmin), dtype=bool),
            power_to_compensate_mw=problem.to_compensate,
            contributions={},
            pmin=units.pmin,
            pmax=units.pmax,
            ramp_up=units.ramp_up,
            ramp_down=units.ramp_down,
            redispatchable_mask=units.can_move,
            can_use_all_redispatchable=rules.may_start_generators,
            epsilon=rules.epsilon,
            tol=rules.tolerance,
        )
        result = self._solver.solve(constraints, state)
        return np.asarray(result.actual_dispatch) if result.success else None
