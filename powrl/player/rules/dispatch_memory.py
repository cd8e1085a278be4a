"""What redispatching remembers from step to step."""

from __future__ import annotations

from typing import Callable

import numpy as np

from .relief_units import Wish


class DispatchMemory:
    """Where the generators should be, and what was asked of them."""

    target: np.ndarray | None = None
    """Dispatch that is aimed at (MW)."""
    purpose = ""
    """The overloads that this corrects, in words."""
    planned_at = -1
    schedules: tuple[np.ndarray, ...] = ()
    """Production by the time series in the last steps, the present one last (MW)."""
    foreseen: np.ndarray | None = None
    """The same in the next step, as it is forecast (MW)."""
    wish: Wish | None = None
    """What is wanted of storage units and curtailment."""
    foresees: Callable[[], np.ndarray] | None = None
    """Works out the loads that the last plan expected in this step, where that was a step ago."""
    has_target: np.ndarray | None = None
    """Generators that had a target: to theirs grid2op adds, else to their dispatch."""
