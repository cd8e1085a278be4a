r"""How near the protections are to opening lines after an action.

An overload harms only once its line has been overloaded for longer than the protections endure
(``NB_TIMESTEP_OVERFLOW_ALLOWED``): where no topology is free of overloads, those that overload
different lines in turn still keep all of them in service.
"""

from __future__ import annotations

import numpy as np

from .batch_result import PlayedActions

COUNTED_LOAD = 0.98
"""A line is taken for overloaded a little before it is: forecasts have errors."""

TRIP_LOAD, TRIP_WIDTH = 0.99, 0.012
"""Load at which a line whose steps are used up trips as often as not, and by how much it varies."""

OVERLOAD_COST, TRIP_COST = 0.2, 10.0
"""Of an overload, however small, and of a line that opens, against 1 for a load of 1 beyond 1."""

LAST_STEP_FACTOR, STEP_BEFORE_FACTOR = 3.0, 1.5
"""What an overload costs more in the last step that the protections endure, and in that before."""


def dangers(played: PlayedActions) -> tuple[np.ndarray, np.ndarray]:
    r"""How bad states are in which overloads may have to last, the lower the better.

    With the load :math:`\rho` of each line, and a factor :math:`f` that grows with the steps that
    its protection has counted, the danger is

    .. math::

        \sum_{\rho > 0.98} f\, (0.2 + \rho - 1) + r + \max \rho

    The risk :math:`r` is what the protections may cost in the step, that no later step takes back:
    with :math:`n` lines opened and :math:`p` the chance that a line trips whose steps are used up,
    :math:`10\, (n + \sum p)`.

    Parameters
    ----------
    played:
        Actions from one state. The values of an illegal action or a game over mean nothing.

    Returns
    -------
    dangers, risks:
        Shapes ``(n,)``.
    """
    counted, endured = played.state.overflow_steps, played.rules.overflow_steps
    rho = played.rho.astype(float)
    factors = np.where(counted + 1 >= endured, LAST_STEP_FACTOR, 1.0)
    factors[counted + 2 == endured] = STEP_BEFORE_FACTOR
    overloads = factors * (OVERLOAD_COST + rho - 1) * (rho > COUNTED_LOAD)
    risks = _trip_risks(rho[:, counted >= endured], played.opened)
    return overloads.sum(axis=1) + risks + rho.max(axis=1), risks


def _trip_risks(rho: np.ndarray, opened: np.ndarray) -> np.ndarray:
    """What lines cost that are open, and those that may trip, of which these are the loads."""
    chances = (rho > 0) / (1 + np.exp((TRIP_LOAD - rho) / TRIP_WIDTH))
    return np.asarray(TRIP_COST * (opened.sum(axis=1) + chances.sum(axis=1)))
