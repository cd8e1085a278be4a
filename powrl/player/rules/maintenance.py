"""Planned maintenance that is near."""

from __future__ import annotations

import numpy as np

from ..grid.observation import Observation


def in_maintenance_within(observation: Observation, steps: int) -> np.ndarray:
    """Lines whose planned maintenance begins within so many steps, shape ``(n_line,)``, bool."""
    ahead = np.asarray(observation.time_next_maintenance)
    return np.asarray((ahead > 0) & (ahead <= steps))
