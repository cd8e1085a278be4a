"""The status of lines, as a part of an action."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..grid.grid2op_objects import Grid2opAction
from .part import Part


class LineStatus(Part):
    """Lines that are opened and closed (``set_line_status``).

    Per line: 0 leaves it, 1 reconnects it to the busbars it was last on, -1 disconnects it; shape
    ``(n_line,)``, int8.
    """

    key = "set_line_status"
    is_topological = True

    def to_grid2op(self) -> Any:
        """Shape ``(n_line,)``, int32."""
        return self.values.astype(np.int32)

    @classmethod
    def from_grid2op(cls, action: Grid2opAction) -> LineStatus:
        """The statuses that a grid2op action sets."""
        return cls(action.line_set_status.astype(np.int8))
