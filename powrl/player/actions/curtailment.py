"""Curtailment of renewable generators, as a part of an action."""

from __future__ import annotations

import numpy as np

from ..grid.grid2op_objects import Grid2opAction
from .part import Part

UNCHANGED = -1.0
"""The value of a generator whose limit stays as it is."""


class Curtailment(Part):
    """Limits of renewable generators, which hold until another is set (``curtail``).

    Share of ``gen_pmax``, shape ``(n_gen,)``, float32: 1 lifts the limit, -1 leaves it.

    Examples
    --------
    >>> limits = np.full(n_gen, UNCHANGED, dtype=np.float32)
    >>> limits[wind_farm] = 0.5
    >>> action = GridAction.nothing(positions).plus(Curtailment(limits))
    """

    key = "curtail"

    @property
    def is_nothing(self) -> bool:
        """Whether it names no generator."""
        return bool((self.values == UNCHANGED).all())

    def __add__(self, other: Curtailment) -> Curtailment:
        """Both in one; where both name a generator, `other` has the last word."""
        return Curtailment(np.where(other.values != UNCHANGED, other.values, self.values))

    @classmethod
    def from_grid2op(cls, action: Grid2opAction) -> Curtailment | None:
        """The limits of a grid2op action."""
        values = getattr(action, "curtail", None)  # grid2op has it since 1.6
        if values is None or not len(values):
            return None
        part = cls(np.asarray(values, dtype=np.float32))
        return None if part.is_nothing else part
