r"""How near the protections are to opening lines after an action.

An overload harms only once its line has been overloaded for longer than the protections endure
(``NB_TIMESTEP_OVERFLOW_ALLOWED``): where no topology is free of overloads, those that overload
different lines in turn still keep all of them in service.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .batch_result import PlayedActions, Solution

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
    return float(_dangers(solution.batch)[solution.row])


def trip_risk(solution: Solution) -> float:
    r"""What the protections may cost in one step, that no later step takes back.

    With :math:`n` lines opened and :math:`p` the chance that a line trips whose steps are used up,
    :math:`10\, (n + \sum p)`; the solution is that of an action that ends nothing.
    """
    return float(_trip_risks(solution.batch)[solution.row])


# all solutions of a batch are asked for one after the other
@lru_cache(maxsize=1)
def _dangers(batch: PlayedActions) -> np.ndarray:
    """`danger` of each solution, shape ``(n,)``."""
    rho, highest = batch.rho.astype(float), batch.rho.max(axis=1)
    counted, endured = batch.state.overflow_steps, batch.rules.overflow_steps
    factors = np.where(counted + 1 >= endured, LAST_STEP_FACTOR, 1.0)
    factors[counted + 2 == endured] = STEP_BEFORE_FACTOR
    overloads = factors * (OVERLOAD_COST + rho - 1) * (rho > COUNTED_LOAD)
    dangers = overloads.sum(axis=1) + _trip_risks(batch) + highest
    return np.where(batch.alive & batch.legality.playable, dangers, np.inf)


@lru_cache(maxsize=1)
def _trip_risks(batch: PlayedActions) -> np.ndarray:
    """`trip_risk` of each solution, shape ``(n,)``."""
    counted, endured = batch.state.overflow_steps, batch.rules.overflow_steps
    rho = batch.rho[:, counted >= endured].astype(float)
    chances = (rho > 0) / (1 + np.exp((TRIP_LOAD - rho) / TRIP_WIDTH))
    return np.asarray(TRIP_COST * (batch.opened.sum(axis=1) + chances.sum(axis=1)))
