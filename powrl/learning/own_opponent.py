"""Opponents of a user's own, whose errors are one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engines.fast.opponent import Lines, Opponent
from ..errors import PowrlError, shown
from ..player.grid.grid import Grid
from ..player.plugins import plugin_called


@dataclass(frozen=True)
class OwnOpponents:
    """Makes the opponent of each episode (`powrl.engines.fast.engine.OpponentFactory`).

    Attributes
    ----------
    kind, reference:
        The class of the user, and its ``module:name``.
    """

    kind: Any
    reference: str

    def __call__(self, grid: Grid, seed: int) -> Opponent:
        """The opponent of an episode.

        Raises
        ------
        PowrlError
            It cannot be made.
        """
        with plugin_called(f"the opponent {self.reference}"):
            return _OwnOpponent(self.kind(grid, seed), self.reference, grid.n_line)


class _OwnOpponent:
    """An opponent of a user, whose attacks are checked."""

    def __init__(self, opponent: Opponent, reference: str, n_line: int) -> None:
        self._opponent, self._reference, self._n_line = opponent, reference, n_line
        self.remaining = 0

    def next(self, line_status: np.ndarray, rho: np.ndarray) -> Lines:
        """See `Opponent.next`."""
        with plugin_called(f"the opponent {self._reference}"):
            attack: Any = self._opponent.next(line_status, rho)
            self.remaining = int(self._opponent.remaining)
            lines = tuple(map(int, attack))
        if any(not 0 <= line < self._n_line for line in lines):
            raise PowrlError(
                f"the opponent {self._reference} attacks {shown(lines)}; return numbers of lines "
                f"from 0 to {self._n_line - 1}."
            )
        return lines

    def copy(self) -> _OwnOpponent:
        """See `Opponent.copy`."""
        with plugin_called(f"the opponent {self._reference}"):
            twin = _OwnOpponent(self._opponent.copy(), self._reference, self._n_line)
        twin.remaining = self.remaining
        return twin
