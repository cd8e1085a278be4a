"""By what an opponent draws the line that it attacks: its load."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MIN_LOAD = 0.01
"""A line without any load is attacked, too."""


def draw_weights(rho: np.ndarray, normalization: Sequence[float]) -> np.ndarray:
    """Weights of lines in the draw of ``grid2op.Opponent.WeightedRandomOpponent``.

    Parameters
    ----------
    rho:
        Load of each line that is attacked, shape ``(..., n)``.
    normalization:
        What the load of each is divided by; empty: nothing.

    Returns
    -------
    numpy.ndarray
        Shape ``(..., n)``; the chance of a line is its share of their sum.
    """
    loads = np.maximum(rho, MIN_LOAD)
    return np.asarray(loads / np.array(normalization) if len(normalization) else loads)
