"""Power of storage units, as a part of an action."""

from __future__ import annotations

import numpy as np

from ..grid.grid2op_objects import Grid2opAction
from .part import Part


class Storage(Part):
    """Power that storage units absorb in the next step alone (``set_storage``).

    MW, shape ``(n_storage,)``, float32; negative: the unit produces. A unit that is not named is
    idle. Two of them add up, as they do in grid2op.

    Examples
    --------
    >>> discharge = Storage(np.array([-5.0, 0.0], dtype=np.float32))
    >>> action = GridAction.nothing(positions).plus(discharge)
    """

    key = "set_storage"

    def __add__(self, other: Storage) -> Storage:
        """The sum of both."""
        return Storage(np.asarray(self.values + other.values, dtype=np.float32))

    @property
    def moved_mw(self) -> float:
        """Power of all units, whether they absorb or produce it (MW)."""
        return round(float(np.abs(self.values).sum()), 3)

    @classmethod
    def from_grid2op(cls, action: Grid2opAction) -> Storage | None:
        """The storage power of a grid2op action."""
        values = getattr(action, "storage_p", None)  # grid2op has it since 1.5
        if values is None or not np.any(values):
            return None
        return cls(np.nan_to_num(np.asarray(values, dtype=np.float32)))
