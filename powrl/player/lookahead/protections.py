r"""How near the protections are to opening lines after an action.

An overload harms only once its line has been overloaded for longer than the protections endure
(``NB_TIMESTEP_OVERFLOW_ALLOWED``): where no topology is free of overloads, those that overload
different lines in turn still keep all of them in service.
"""

from __future__ import annotations

import numpy as np

from .batch_result import Solution

COUNTED_LOAD = 0.98
"""A line is taken for overloaded a little before it is: forecasts have errors."""

TRIP_LOAD, TRIP_WIDTH = 0.99, 0.012
"""Load at which a line whose steps are used up trips as often as not, and by how much it varies."""

OVERLOAD_COST, TRIP_COST = 0.2, 10.0
"""Of an overload, however small, and of a line that opens, against 1 for a load of 1 beyond 1."""

LAST_STEP_FACTOR, STEP_BEFORE_FACTOR = 3.0, 1.5
"""What an overload costs more in the last step that the protections endure, and in that before."""


def danger(solution: Solution) -> float:
    r"""How bad a state is in which overloads may have to last, the lower the better.

    With the load :math:`\rho` of each line, a factor :math:`f` that grows with the steps that its
    protection has counted, and the `trip_risk` :math:`r`:

    .. math::

        \sum_{\rho > 0.98} f\, (0.2 + \rho - 1) + r + \max \rho

    Returns
    -------
    float
        Infinite for an illegal action or a game over.
    """
    if not solution.outcome.max_rho < np.inf:
        return float("inf")
    batch, rho = solution.batch, np.asarray(solution.outcome.rho, dtype=float)
    counted, endured = batch.state.overflow_steps, batch.rules.overflow_steps
    factors = np.where(counted + 1 >= endured, LAST_STEP_FACTOR, 1.0)
    factors[counted + 2 == endured] = STEP_BEFORE_FACTOR
    overloads = factors * (OVERLOAD_COST + rho - 1) * (rho > COUNTED_LOAD)
    return float(overloads.sum() + trip_risk(solution) + solution.outcome.max_rho)


def trip_risk(solution: Solution) -> float:
    r"""What the protections may cost in one step, that no later step takes back.

    With :math:`n` lines opened and :math:`p` the chance that a line trips whose steps are used up,
    :math:`10\, (n + \sum p)`; the solution is that of an action that ends nothing.
    """
    batch, rho = solution.batch, np.asarray(solution.outcome.rho, dtype=float)
    used_up = (batch.state.overflow_steps >= batch.rules.overflow_steps) & (rho > 0)
    chances = 1 / (1 + np.exp((TRIP_LOAD - rho) / TRIP_WIDTH))
    return float(TRIP_COST * (solution.opened.sum() + chances[used_up].sum()))
