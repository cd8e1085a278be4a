"""grid2op's default fit of the dispatch, from arrays instead of from functions."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from .dispatch_problem import DispatchProblem
from .units import DispatchRules, Units

MAX_ITERATIONS = 100
"""scipy's own limit for SLSQP."""

MAX_FLEETS = 64
"""Sets of generators whose arrays are kept."""


class LeastSquaresDispatch:
    """``DefaultRedispatchSolver`` of grid2op: the same numbers, several times faster.

    It minimises the weighted squared distance to the targets, within ramps and limits, where the
    sum of all changes is what has to be compensated. scipy's SLSQP takes the same steps as in
    grid2op.

    Parameters
    ----------
    minimise:
        One step of scipy's SLSQP (``scipy.optimize._slsqplib.slsqp``, since scipy 1.16).
    """

    def __init__(self, units: Units, rules: DispatchRules, minimise: Callable[..., None]) -> None:
        self._units, self._rules, self._minimise = units, rules, minimise
        self._fleets: dict[bytes, _Fleet] = {}

    def __call__(self, problem: DispatchProblem) -> np.ndarray | None:
        """Fit the dispatch of a step."""
        increase = problem.scheduled - (problem.before - problem.actual)
        fleet = self._fleet(problem.takes_part(self._units.can_move))
        if not fleet.has_room(problem, increase):
            if not self._rules.may_start_generators:
                return None
            fleet = self._fleet(self._units.can_move)
            if not fleet.has_room(problem, increase):
                return None
        change = fleet.fit(problem, increase, self._minimise)
        if change is None:
            return None
        after = problem.actual.copy()
        after[fleet.numbers] += change
        return after

    def _fleet(self, takes_part: np.ndarray) -> _Fleet:
        key = takes_part.tobytes()
        fleet = self._fleets.get(key)
        if fleet is None:
            if len(self._fleets) >= MAX_FLEETS:
                self._fleets.clear()
            fleet = self._fleets[key] = _Fleet(self._units, self._rules, takes_part)
        return fleet


class _Fleet:
    """The generators that take part, with the arrays of SLSQP: one sum and two bounds of each."""

    def __init__(self, units: Units, rules: DispatchRules, takes_part: np.ndarray) -> None:
        self.numbers = np.flatnonzero(takes_part)
        self._pmin, self._pmax = units.pmin[self.numbers], units.pmax[self.numbers]
        self._up, self._down = units.ramp_up[self.numbers], -units.ramp_down[self.numbers]
        weights = 1.0 / (units.ramp_up + units.ramp_down + rules.epsilon)
        self._weights = np.ones(len(self.numbers)) * weights[self.numbers]
        self._weights /= self._weights.sum()
        self._epsilon, self._tolerance = rules.epsilon, rules.tolerance
        size = len(self.numbers)
        rows = 2 * size + 1
        self._normals = np.zeros((rows, size), order="F")
        self._normals[0] = 1.0
        self._normals[1 : size + 1] = np.eye(size)
        self._normals[size + 1 :] = -np.eye(size)
        self._values = np.empty(rows)
        # as scipy sizes them
        slots = size * (size + 1) // 2 + 3 * rows * size - (rows + 5 * size + 7)
        no_bound = np.full(size, np.nan)
        self._arrays = (
            np.zeros(rows + 2 * size + 2),
            no_bound,
            no_bound,
            np.zeros(slots + 9 * rows + 8 * size * size + 35 * size + 29),
            np.zeros(rows + 2 * size + 2, dtype=np.int32),
        )
        self._memory: dict[str, Any] = {
            **dict.fromkeys(("alpha", "f0", "gs", "h1", "h2", "h3", "h4", "t", "t0"), 0.0),
            **dict.fromkeys(("exact", "inconsistent", "reset", "iter", "line", "mode"), 0),
            **{"itermax": MAX_ITERATIONS, "m": rows, "meq": 1, "n": size},
        }

    def has_room(self, problem: DispatchProblem, increase: np.ndarray) -> bool:
        """Whether ramps and limits together allow what is asked of the generators."""
        before = problem.before[self.numbers]
        demand = increase[self.numbers].sum() + problem.to_compensate
        if demand > np.minimum(self._pmax - before, self._up).sum():
            return False
        return bool(demand >= np.maximum(self._pmin - before, self._down).sum())

    def fit(
        self, problem: DispatchProblem, increase: np.ndarray, minimise: Callable[..., None]
    ) -> np.ndarray | None:
        """Change of the dispatch of the generators (MW), float64; None: there is none."""
        numbers, added = self.numbers, 0.5 * self._epsilon
        actual, moved = problem.actual[numbers], problem.moved[numbers]
        distance = problem.target[numbers] - actual
        scale = max(float(np.abs(problem.actual).max()), 1.0)
        ever_moved = bool(problem.moved.any())
        # None: the targets of all count
        counted = np.flatnonzero(moved) if ever_moved and moved.any() else None
        goal = (distance if counted is None else distance[counted]) / np.float32(scale)
        goal = goal.astype(float)
        reduction = round(max(0.5 * float(np.abs(goal).sum()) ** 2, 1.0), 4)
        production, increase = problem.scheduled[numbers] + actual, increase[numbers]
        lowest = np.maximum(self._pmin - production, self._down - increase).astype(float)
        highest = np.minimum(self._pmax - production, self._up - increase).astype(float)
        change, is_minimum = self._search(
            minimise,
            self._start(problem, moved, distance, scale) if ever_moved else goal.copy(),
            (goal, counted, reduction),
            (problem.to_compensate / scale, (lowest - added) / scale, (highest + added) / scale),
            max(self._epsilon / scale, 1e-6),
        )
        values = self._values
        if not is_minimum and max(abs(values[0]), -values[1:].min()) > self._tolerance:
            return None
        return np.asarray(change * scale)

    def _start(
        self, problem: DispatchProblem, moved: np.ndarray, distance: np.ndarray, scale: float
    ) -> np.ndarray:
        """Where the search begins: at the targets, the others sharing what is left over."""
        target, weights = problem.target[self.numbers], self._weights
        start = np.zeros(len(target))
        aims = (np.abs(target) >= 1e-7) | moved
        start[aims] = distance[aims] / np.float32(scale)
        rest = np.abs(start) <= 1e-7
        if rest.any():
            share = (1.0 / weights[rest]).sum()
            start[rest] = -start.sum() / (weights[rest] * (share if share > 1e-2 else 1.0))
        return start

    def _search(
        self,
        minimise: Callable[..., None],
        change: np.ndarray,
        objective: tuple[np.ndarray, np.ndarray | None, float],
        bounds: tuple[float, np.ndarray, np.ndarray],
        accuracy: float,
    ) -> tuple[np.ndarray, bool]:
        """The point that SLSQP reaches, and whether it takes it for the minimum."""
        (goal, counted, reduction), (total, lowest, highest) = objective, bounds
        weights = self._weights if counted is None else self._weights[counted]
        values, size = self._values, len(change)
        above_lowest, below_highest = values[1 : size + 1], values[size + 1 :]
        ones = np.ones(size)
        memory = {**self._memory, "acc": accuracy, "tol": 10.0 * accuracy}

        def value_there() -> float:
            values[0] = ones.dot(change) - total
            np.subtract(change, lowest, out=above_lowest)
            np.subtract(highest, change, out=below_highest)
            distance = (change if counted is None else change[counted]) - goal
            return float(np.add.reduce(weights * distance**2) / reduction)

        def slope_there() -> np.ndarray:
            distance = (change if counted is None else change[counted]) - goal
            part = 2.0 * weights * distance / reduction
            if counted is None:
                return np.asarray(part)
            slope = np.zeros(size)
            slope[counted] = part
            return slope

        value, slope = value_there(), slope_there()
        while True:
            minimise(memory, value, slope, self._normals, values, change, *self._arrays)
            if memory["mode"] == 1:
                value = value_there()
            elif memory["mode"] == -1:
                slope = slope_there()
            else:
                return change, memory["mode"] == 0
