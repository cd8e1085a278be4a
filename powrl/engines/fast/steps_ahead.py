"""The loads of the next steps, solved in one call while nothing happens."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np

from ...player.lookahead.dispatch import Dispatch
from ...player.lookahead.frozen import frozen
from ...player.lookahead.grid_model import GridModel, Results
from .scenario import Scenario
from .series_solver import SeriesSolver

ROWS, ROWS_OF_SMALL, SMALL = 8, 16, 100
"""Steps solved in one call, and those on a grid of fewer lines, where the call itself costs as much
as some steps. With more, a step costs little less, and an event wastes more."""

PATIENCE, MOST_PATIENCE = 8, 64
"""Calm steps solved one by one before the next ones are solved ahead, at first and at most."""

LONG = 16
"""After fewer steps taken from those solved ahead, an event doubles the patience."""


class Loads(NamedTuple):
    """What lines carry.

    Attributes
    ----------
    results:
        What the grid model tells of lines and generators.
    rho:
        Load of each line, share of its limit, shape ``(n_line,)``, float32.
    are_low:
        Whether no line has a load that a counter counts or a protection acts on.
    """

    results: Results
    rho: np.ndarray
    are_low: bool


class StepsAhead:
    """Solves calm steps, in which only the time series change, many of them in one call.

    Each power flow starts from the one before, as the stepper's own do in calm steps, without a
    call from Python for each. An event (another topology or dispatch, a high load, a power flow
    without a solution) drops the steps that are left. To begin again costs as much as a few steps,
    so after a short run it waits longer.

    Parameters
    ----------
    scenario:
        Source of the injections.
    thermal_limits:
        Limit of each line (A), shape ``(n_line,)``, float32.
    low:
        A load below this share of the limit is low.
    """

    def __init__(self, scenario: Scenario, thermal_limits: np.ndarray, low: float) -> None:
        self._scenario, self._limits, self._low = scenario, thermal_limits, low
        self._rows = ROWS if len(thermal_limits) >= SMALL else ROWS_OF_SMALL
        self._topology: np.ndarray | None = None
        self._dispatch: Dispatch | None = None
        self._solver: SeriesSolver | None = None
        self._solver_topology: np.ndarray | None = None
        self._left: list[Loads] = []  # the next step is the last one
        self._voltages: np.ndarray | None = None  # of the steps solved last
        self._waited = self._taken = 0
        self._patience = PATIENCE

    def copy(self) -> StepsAhead:
        """An independent one at the same step."""
        other = copy.copy(self)
        other._left = self._left.copy()
        other._solver = None  # what one solves would change the last digits of the other
        return other

    def take(
        self, step: int, topology: np.ndarray, dispatch: Dispatch, grid: GridModel
    ) -> Loads | None:
        """The loads of a calm step, all of them low; None: it has to be solved alone.

        Parameters
        ----------
        step:
            The one after that of the last call, unless `drop` was called since.
        topology:
            The same array as in the step before.
        grid:
            The grid of the last step that was solved alone. Where the answer is None, it has the
            voltages of the step before.
        """
        if topology is not self._topology or not self._goes_on(dispatch):
            self.drop(grid)
            self._topology, self._dispatch = topology, dispatch
        if not self._left and not self._solve_next(step, topology, dispatch, grid):
            return None
        self._taken += 1
        return self._left.pop()

    def drop(self, grid: GridModel) -> None:
        """Forget what was solved, since something happens; the grid is at the last step taken."""
        if self._voltages is not None:
            grid.start_from(self._voltages[-1 - len(self._left)])
            self._wait_longer(self._taken < LONG)
            self._left, self._voltages = [], None
        self._waited = self._taken = 0

    def _goes_on(self, dispatch: Dispatch) -> bool:
        """Whether generators and storage units do what they did, beside the time series."""
        last = self._dispatch
        return dispatch is last or (
            last is not None
            and dispatch.actual is last.actual
            and dispatch.power is last.power
            and dispatch.production is last.production is None
        )

    def _wait_longer(self, longer: bool) -> None:
        self._patience = min(2 * self._patience, MOST_PATIENCE) if longer else PATIENCE

    def _solve_next(
        self, step: int, topology: np.ndarray, dispatch: Dispatch, grid: GridModel
    ) -> bool:
        """Solve from this step on; False: it is to be solved alone."""
        series, before = self._scenario.actual, self._voltages
        rows = slice(step, step + self._rows)
        if before is None:
            self._waited += 1
            ready = self._waited > self._patience and not grid.is_storing
        else:
            ready = len(before) == self._rows  # else the step is the one that ended the last call
        if not ready or rows.stop > len(series.gen_p):
            if before is not None:
                self.drop(grid)
            return False
        solver, set_points = self._solver_for(grid, topology), self._scenario.set_points
        solved = solver.solve(
            dispatch.production_of(series.gen_p[rows]),
            None if set_points is None else set_points[rows],
            series.load_p[rows],
            series.load_q[rows],
            grid.voltages if before is None else before[-1],
        )
        if len(solved.voltages) < self._rows:
            self._solver = None  # it may be left in any state
        n_line = len(self._limits)
        rho = frozen(solved.values[:, 2 * n_line : 3 * n_line] / self._limits)
        self._left = [
            Loads(Results(values, n_line), loads, True)
            for values, loads in zip(solved.values[: self._n_low(rho)], rho, strict=False)
        ]
        self._left.reverse()
        if not self._left:
            self.drop(grid)
            self._wait_longer(True)
            return False
        self._voltages = solved.voltages[: len(self._left)]
        return True

    def _n_low(self, rho: np.ndarray) -> int:
        """Number of steps before the first one with a load that is not low."""
        if rho.max(initial=0.0) < self._low:  # false for NaN
            return len(rho)
        return int((rho < self._low).all(axis=1).argmin())

    def _solver_for(self, grid: GridModel, topology: np.ndarray) -> SeriesSolver:
        if self._solver is None or self._solver_topology is not topology:
            self._solver, self._solver_topology = SeriesSolver(grid, topology), topology
        return self._solver
