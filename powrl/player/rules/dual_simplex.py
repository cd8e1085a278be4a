"""A linear program with bounded variables, to which rows are added (the dual simplex method)."""

from __future__ import annotations

import numpy as np

TOLERANCE = 1e-9
"""A variable may be beyond a bound by this."""

MIN_PIVOT = 1e-9
"""A smaller coefficient counts as 0."""

MAX_PIVOTS = 2000
"""A program that takes more counts as failed: it takes some tens."""


class BoundedProgram:
    r"""The least :math:`c^T x` with :math:`A x \le b` and :math:`0 \le x \le` width.

    The slack of a row is a variable as well. Its width is how far the row may stay below its bound:
    0 where it is an equation. The tableau has a row for each basic variable, the prices as its last
    row, and a column for each other variable. Those are at 0 or at their width, whichever costs
    less. Such a point is optimal once the basic variables are within their bounds. Until then the
    one that is furthest out leaves the basis, and another enters. Variables that would change sides
    on the way do so in the same step (the long-step rule; Maros, *Computational Techniques of the
    Simplex Method*, 2003). Rows that are added leave all prices as they are: the next search begins
    at the last solution.

    Parameters
    ----------
    costs, widths:
        Of the variables, shape ``(n,)``; one of infinite width costs nothing or more.
    rows, bounds:
        :math:`A` and :math:`b`, shapes ``(m, n)`` and ``(m,)``.
    slack_widths:
        Shape ``(m,)``.
    """

    def __init__(
        self,
        costs: np.ndarray,
        widths: np.ndarray,
        rows: np.ndarray,
        bounds: np.ndarray,
        slack_widths: np.ndarray,
    ) -> None:
        m, self._n = rows.shape
        self._count = self._n + m
        self._outside, self._basic = np.arange(self._n), np.arange(self._n, self._count)
        self._widths, self._basic_widths = widths.copy(), slack_widths.copy()
        self._sides = np.where(costs < 0, -1.0, 1.0)  # inwards: 1 at 0, -1 at the width
        self._tableau = np.concatenate((rows, costs[None]))
        self._levels = bounds - rows @ np.where(costs < 0, widths, 0.0)

    @property
    def values(self) -> np.ndarray:
        """The variables, shape ``(n,)``."""
        values = np.zeros(self._count)
        values[self._outside] = np.where(self._sides < 0, self._widths, 0.0)
        values[self._basic] = self._levels
        return values[: self._n]

    def add(self, rows: np.ndarray, bounds: np.ndarray, weights: np.ndarray) -> None:
        """Add rows, each of which may be exceeded at a cost of its weight for each 1.

        Parameters
        ----------
        rows:
            Coefficients of the first variables, shape ``(k, n)`` or smaller: of others they are 0.
        bounds, weights:
            Shape ``(k,)``.
        """
        m, width = self._tableau.shape
        m, k = m - 1, len(bounds)
        levels = bounds - rows @ self.values[: rows.shape[1]]
        of_all = np.zeros((k, self._count))
        of_all[:, : rows.shape[1]] = rows
        of_basic, of_outside = of_all.take(self._basic, axis=1), of_all.take(self._outside, axis=1)
        tableau = np.zeros((m + k + 1, width + k))
        tableau[:m, :width] = self._tableau[:m]
        tableau[m:-1, :width] = of_outside - of_basic @ self._tableau[:m]
        tableau[m + np.arange(k), width + np.arange(k)] = -1.0
        tableau[-1, :width], tableau[-1, width:] = self._tableau[m], weights
        numbers, infinite = np.arange(self._count, self._count + 2 * k), np.full(k, np.inf)
        self._count += 2 * k
        self._tableau = tableau
        self._levels = np.concatenate((self._levels, levels))
        self._basic = np.concatenate((self._basic, numbers[:k]))  # slacks
        self._outside = np.concatenate((self._outside, numbers[k:]))  # what is beyond the bounds
        self._basic_widths = np.concatenate((self._basic_widths, infinite))
        self._widths = np.concatenate((self._widths, infinite))
        self._sides = np.concatenate((self._sides, np.ones(k)))

    def solve(self) -> bool:
        """Go to the optimum; False where the rows contradict each other."""
        for _ in range(MAX_PIVOTS):
            levels = self._levels
            beyond = np.maximum(-levels, levels - self._basic_widths)
            row = beyond.argmax()
            if beyond[row] <= TOLERANCE:
                return True
            is_above = levels[row] > 0
            column = self._entering(row, is_above, beyond[row])
            if column < 0:
                return False
            self._pivot(row, is_above, column)
        return False

    def _entering(self, row: int, is_above: bool, beyond: float) -> int:
        """The variable that enters for that of a row, once those before it have changed sides."""
        rates = self._tableau[row] * self._sides
        candidates = (rates > MIN_PIVOT if is_above else rates < -MIN_PIVOT).nonzero()[0]
        if not len(candidates):
            return -1
        rates = np.abs(rates[candidates])
        prices = np.abs(self._tableau[-1][candidates]) / rates
        reach = rates * self._widths[candidates]
        first = prices.argmin()
        if reach[first] >= beyond:
            return int(candidates[first])
        order = prices.argsort(kind="stable")
        number = int(reach[order].cumsum().searchsorted(beyond - TOLERANCE))
        if number == len(order):
            return -1
        changed = candidates[order[:number]]
        steps = self._sides[changed] * self._widths[changed]
        self._levels -= self._tableau[:-1, changed] @ steps
        self._sides[changed] *= -1.0
        return int(candidates[order[number]])

    def _pivot(self, row: int, is_above: bool, column: int) -> None:
        """Exchange a variable for that of a row, which goes to the bound that it is beyond."""
        tableau, levels = self._tableau, self._levels
        width, basic_width = self._widths[column], self._basic_widths[row]
        pivot, entering = tableau[row, column], tableau[:, column].copy()
        step = (levels[row] - (basic_width if is_above else 0.0)) / pivot
        levels -= entering[:-1] * step
        levels[row] = step + (width if self._sides[column] < 0 else 0.0)
        tableau[:, column], entering[row] = 0.0, 0.0
        tableau[row] /= pivot
        tableau[row, column] = 1.0 / pivot
        tableau -= entering[:, None] * tableau[row]
        self._basic[row], self._outside[column] = self._outside[column], self._basic[row]
        self._basic_widths[row], self._widths[column] = width, basic_width
        self._sides[column] = -1.0 if is_above else 1.0
