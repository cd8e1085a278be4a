"""The loads that moves leave beyond their limits in some cases, all cases at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..grid.reductions import any_hold
from .case import Case

LOAD_TOLERANCE = 1e-9
"""A line beyond its limit by less is left out."""

NEAR = 0.05
"""Slopes of lines so near their limit are worked out with those of lines that may be beyond it."""


class CaseLoads:
    """The loads of all lines in all cases that cost something beyond their limits.

    A program has the rows of those alone that its solution would leave beyond them: all others cost
    nothing. Cases that were solved together are looked at together.

    Parameters
    ----------
    cases:
        What is to stay low.

    Examples
    --------
    >>> cases = [Case(*answer, 1.0, 300.0) for answer in sensitivity.at_many(states)]
    >>> loads = CaseLoads(cases)
    >>> slopes, room, weights = loads.missed(moves)
    >>> loads.missed(moves) is None
    True
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        groups: dict[tuple[int, int], list[Case]] = {}
        for case in cases:
            groups.setdefault((id(case.slopes.outages), id(case.offset)), []).append(case)
        self._groups = [_Group(group) for group in groups.values()]

    def missed(self, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Slopes, room to the limit, and cost beyond it of the loads that moves leave beyond it.

        Each is returned once. None: there are no such loads.

        Parameters
        ----------
        moves:
            Of generators and reliefs (MW), shape ``(n + m,)``.
        """
        missed = [rows for rows in (group.missed(moves) for group in self._groups) if rows]
        if not missed:
            return None
        slopes, room, weights = map(np.concatenate, zip(*missed))
        return slopes, room, weights


class _Group:
    """Cases that were solved together, with the same offset."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._outages, self._offset = cases[0].slopes.outages, cases[0].offset
        self._rows = np.array([case.slopes.number for case in cases])
        limits = np.array([case.limit for case in cases])
        self._room = limits[:, None] - np.array([case.rho for case in cases])
        self._weights = np.empty(self._room.shape)
        for weights, case in zip(self._weights, cases):
            weights[:] = case.weight
        self._is_open = self._weights > 0

    def missed(self, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """As that of `CaseLoads`."""
        changes = moves if self._offset is None else moves + self._offset
        beyond = self._outages.reach(changes).take(self._rows, axis=0) - self._room
        if not any_hold((beyond > LOAD_TOLERANCE) & self._is_open):
            return None
        numbers, lines = ((beyond > -NEAR) & self._is_open).nonzero()
        slopes, room = self._outages.rows(self._rows[numbers], lines), self._room[numbers, lines]
        if self._offset is not None:
            room = room - slopes @ self._offset
        missed = slopes @ moves > room + LOAD_TOLERANCE
        if not any_hold(missed):
            return None
        numbers, lines = numbers[missed], lines[missed]
        self._is_open[numbers, lines] = False
        return slopes[missed], room[missed], self._weights[numbers, lines]
