"""An opponent of your own: `training.opponent: my_opponents:TwoLines` in a configuration."""

from __future__ import annotations

import copy

import numpy as np

PERIOD, DURATION = 48, 12
"""Steps from the beginning of one attack to that of the next, and steps that one lasts."""


class TwoLines:
    """Takes two lines out at once, drawn anew for each attack.

    Parameters
    ----------
    grid:
        The `Grid` that is played on.
    seed:
        Fixes the attacks of the episode.
    """

    def __init__(self, grid, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._n_line = grid.n_line
        self._step = 0
        self._lines: tuple[int, ...] = ()
        self.remaining = 0

    def next(self, line_status: np.ndarray, rho: np.ndarray) -> tuple[int, ...]:
        """The lines that are under attack in this step."""
        del line_status, rho
        self._step += 1
        self.remaining = max(0, self.remaining - 1)
        if self._step % PERIOD == 0:
            self.remaining = DURATION
            self._lines = tuple(self._random.choice(self._n_line, 2, replace=False).tolist())
        return self._lines if self.remaining else ()

    def copy(self) -> TwoLines:
        """An independent opponent that will make the same attacks."""
        return copy.deepcopy(self)
