"""By what an opponent draws the line that it attacks: its load."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def draw_shares(rho: np.ndarray, normalization: Sequence[float]) -> np.ndarray:
    """How often an opponent draws each line (``grid2op.Opponent.WeightedRandomOpponent``).

    Parameters
    ----------
    rho:
        Load of each line that is attacked, shape ``(..., n)``.
    normalization:
        What the load of each is divided by; empty: nothing.

    Returns
    -------
    numpy.ndarray
        Shape ``(..., n)``; 0 for a line that is out.
    """
    weights = np.asarray(rho / np.array(normalization) if len(normalization) else rho, dtype=float)
    total = weights.sum(axis=-1, keepdims=True)
    return np.asarray(weights / np.where(total > 0, total, 1.0))
