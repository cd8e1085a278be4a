"""What the dispatch of a step depends on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(eq=False)
class DispatchProblem:
    """What the dispatch of a step depends on; MW, shape ``(n_gen,)``, float32.

    Attributes
    ----------
    target, actual, moved:
        As in `powrl.player.lookahead.dispatch.Dispatch`, before the step.
    before:
        Production asked of each generator in the step before.
    scheduled:
        Production in the time series, after curtailment.
    to_compensate:
        What storage units and curtailment add to the generators' work (MW).
    """

    target: np.ndarray
    actual: np.ndarray
    moved: np.ndarray
    before: np.ndarray
    scheduled: np.ndarray
    to_compensate: float = 0.0

    def takes_part(self, can_move: np.ndarray) -> np.ndarray:
        """Which of the generators that can move run or have a dispatch, ``(n_gen,)``, bool."""
        is_on = (self.scheduled > 0) | (np.abs(self.actual) >= 1e-7)
        return np.asarray(can_move & (is_on | (self.target != self.actual)))
