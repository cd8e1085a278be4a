"""A small recording, for tests: three substations in a triangle, two elements on each."""

from __future__ import annotations

from typing import Any

import numpy as np

from powrl.scoring.recording import Recording


def a_recording(steps: int = 60, **changes: Any) -> Recording:
    """Calm at 50 %, but for the changes."""
    calm = np.zeros((steps, 3), dtype=bool)
    parts = {
        "rho": np.full((steps + 1, 3), 50, dtype=np.uint8),
        "topology": np.ones((steps + 1, 6), dtype=np.int8),
        "attacked": calm,
        "maintained": calm,
        "tripped": calm,
        "switched": calm.astype(np.int8),
        "used": calm,
        "redispatched": np.zeros(steps),
        "stored": np.zeros(steps),
        "curtailed": np.zeros(steps),
        "reasons": np.array(["nothing: do nothing"] * steps),
        "lines": np.array(["<u>a</u>", "b", "c"]),
        "substations": np.array(["x", "y", "z"]),
        "places": np.array([[0.0, 0.0], [100.0, 0.0], [50.0, 80.0]]),
        "ends": np.array([[0, 1], [1, 2], [2, 0]]),
        "elements": np.array([[0, 2], [3, 4], [5, 1]]),
        "substation_of": np.array([0, 0, 1, 1, 2, 2]),
    }
    return Recording(**{**parts, **changes})
