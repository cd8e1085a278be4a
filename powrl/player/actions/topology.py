"""The busbars of elements, as a part of an action."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..grid.grid2op_objects import Grid2opAction
from .part import Part


class Topology(Part):
    """Busbars of elements (``set_bus``).

    Per position of ``topo_vect``: 0 leaves it, 1 and 2 are busbars, -1 disconnects; shape
    ``(dim_topo,)``, int8.
    """

    key = "set_bus"
    is_topological = True

    def to_grid2op(self) -> Any:
        """Shape ``(dim_topo,)``, int32."""
        return self.values.astype(np.int32)

    @classmethod
    def from_grid2op(cls, action: Grid2opAction) -> Topology:
        """The busbars that a grid2op action sets."""
        return cls(action.set_bus.astype(np.int8))
