"""Curtailment of renewable generators in a step, as grid2op keeps its books."""

from __future__ import annotations

import numpy as np

from .frozen import frozen
from .storage_units import NOTHING


class CurtailmentLimits:
    """Limits of renewable generators, which hold until others are set; they never change.

    Parameters
    ----------
    shares:
        Share of ``pmax``, shape ``(n_gen,)``, float32; 1: no limit.
    pmax:
        MW, shape ``(n_gen,)``, float32.

    Attributes
    ----------
    is_none:
        Whether no generator is limited.
    """

    def __init__(self, shares: np.ndarray, pmax: np.ndarray) -> None:
        self.shares, self._pmax = shares, pmax
        self._numbers = np.flatnonzero(np.abs(shares - 1.0) >= NOTHING)
        self._highest = pmax[self._numbers] * shares[self._numbers]
        self.is_none = not len(self._numbers)

    def after(self, request: np.ndarray | None, can_curtail: np.ndarray) -> CurtailmentLimits:
        """The limits after an action: its values, -1 for what it leaves, or None: all of it."""
        if request is None:
            return self
        shares = np.where((request != -1.0) & can_curtail, request, self.shares)
        return CurtailmentLimits(frozen(shares), self._pmax)

    def applied(self, scheduled: np.ndarray) -> tuple[np.ndarray, np.float32]:
        """Production within the limits, and what they take away (negative, MW).

        Parameters
        ----------
        scheduled:
            Production in the time series (MW), shape ``(n_gen,)``, float32.
        """
        if self.is_none:
            return scheduled, np.float32(0.0)
        before = scheduled[self._numbers]
        after = np.minimum(self._highest, before)
        production = scheduled.copy()
        production[self._numbers] = after
        return production, np.float32(after.sum() - before.sum())
