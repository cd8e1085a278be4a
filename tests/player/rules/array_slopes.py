"""Slopes of line loads that are an array, for cases that no power flow was solved for."""

from __future__ import annotations

from typing import Any

import numpy as np

from powrl.player.lookahead.outage_slopes import LineSlopes


class _Outages:
    """One power flow, asked for its slopes as `OutageSlopes` is."""

    def __init__(self, slopes: np.ndarray) -> None:
        self._slopes = slopes
        self.rho = np.zeros((1, len(slopes)))

    def reach(self, moves: np.ndarray) -> np.ndarray:
        return np.asarray(self._slopes @ moves)[None]

    def rows(self, _: int | np.ndarray, lines: np.ndarray) -> np.ndarray:
        return np.asarray(self._slopes[lines])


def array_slopes(slopes: Any) -> LineSlopes:
    """The slopes of a case, from an array of shape ``(n_line, n + m)``."""
    return LineSlopes(_Outages(np.array(slopes)))  # type: ignore[arg-type]
