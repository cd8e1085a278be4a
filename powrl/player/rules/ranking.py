"""How bad an outcome is: by the overloads of all lines, not of the worst one alone."""

from __future__ import annotations

import numpy as np

from ..lookahead.outcome import Outcome


def overload_rank(outcome: Outcome, counted_from: float) -> float:
    """The loads above `counted_from` summed up; among equals, the most loaded line decides.

    A topology that trades one heavy overload for three slight ones is easier to finish in the next
    step than one that lowers the worst line alone. Infinite for an illegal action or a game over.
    """
    if not outcome.max_rho < np.inf:
        return float("inf")
    beyond = np.maximum(outcome.rho - counted_from, 0).sum()
    return float(beyond) + 0.01 * outcome.max_rho
