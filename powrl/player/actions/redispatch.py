"""Redispatching of generators, as a part of an action."""

from __future__ import annotations

import numpy as np

from ..grid.grid2op_objects import Grid2opAction
from .part import Part


class Redispatch(Part):
    """Changes of the generators' targets (``redispatch``).

    MW, shape ``(n_gen,)``, float32. Two of them add up, as they do in grid2op.
    """

    key = "redispatch"

    def __add__(self, other: Redispatch) -> Redispatch:
        """The sum of both."""
        return Redispatch(np.asarray(self.values + other.values, dtype=np.float32))

    @property
    def moved_mw(self) -> float:
        """By how much generators are moved altogether (MW)."""
        return round(float(np.abs(self.values).sum()), 3)

    @classmethod
    def from_grid2op(cls, action: Grid2opAction) -> Redispatch | None:
        """The redispatching of a grid2op action."""
        values = action.redispatch
        return cls(values.astype(np.float32)) if np.any(values) else None
