"""Arrays that are shared and must not change."""

from __future__ import annotations

import numpy as np


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, not to be written to."""
    array.flags.writeable = False
    return array
