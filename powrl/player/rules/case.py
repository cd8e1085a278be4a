"""A grid whose loads a plan of the generators keeps low, and how they answer to what is moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..lookahead.outage_slopes import LineSlopes


@dataclass(frozen=True, eq=False)
class Case:
    """A grid whose loads are to stay low: as it is, or with a line out.

    Attributes
    ----------
    rho, slopes:
        Load of each line, and its change per MW of each generator and each of the reliefs, shapes
        ``(n_line,)`` and ``(n_line, n + m)``.
    limit:
        Load up to which no line costs anything.
    weight:
        Cost of a load of 1 beyond, in the units of a MW held: of each line, or one for all.
    offset:
        What generators and reliefs change beside a plan (MW), shape ``(n + m,)``; `rho` is without
        it. None: nothing.
    """

    rho: np.ndarray
    slopes: LineSlopes
    limit: float
    weight: float | np.ndarray
    offset: np.ndarray | None = None

    def loads(self, lines: np.ndarray, moves: np.ndarray | None) -> np.ndarray:
        """Loads of some lines after moves, shape ``(k,)``."""
        rho, changes = self.rho[lines], self._changes(moves)
        return np.asarray(rho if changes is None else rho + self.slopes[lines] @ changes)

    def all_loads(self, moves: np.ndarray) -> np.ndarray:
        """Load of each line after moves, shape ``(n_line,)``."""
        changes = moves if self.offset is None else moves + self.offset
        return np.asarray(self.rho + self.slopes @ changes)

    def beyond(self, moves: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the lines that cost something after moves, and their loads."""
        changes = self._changes(moves)
        highest = self.rho if changes is None else self.rho + self.slopes.reach(changes)
        (lines,) = (highest > self.limit).nonzero()
        if not len(lines):
            return lines, self.rho[lines]
        loads = self.loads(lines, moves)
        counts = (loads > self.limit) & (self._weights(lines) > 0)
        return lines[counts], loads[counts]

    def cost(self, moves: np.ndarray) -> float:
        """What all loads beyond the limit cost after moves."""
        lines, loads = self.beyond(moves)
        return float(self._weights(lines) @ (loads - self.limit))

    def _weights(self, lines: np.ndarray) -> np.ndarray:
        """Cost of a load of 1 beyond the limit of some lines, shape ``(k,)``."""
        weight = self.weight
        return weight[lines] if isinstance(weight, np.ndarray) else np.full(len(lines), weight)

    def _changes(self, moves: np.ndarray | None) -> np.ndarray | None:
        """Moves and offset together; None: nothing."""
        if moves is None:
            return self.offset
        return moves if self.offset is None else np.asarray(moves + self.offset)
