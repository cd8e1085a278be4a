"""How much load an attack may leave before it is prevented, and what more of it costs."""

from __future__ import annotations

import numpy as np

from ..grid.observation import Observation
from .attack_value import AttackValue

LOWEST_LIMIT = 0.9
"""A loss that leaves less needs no prevention, however much the load grows in the next hours."""

EVEN, SHORTEST = 0.5, 0.1
"""From the limit on, the chance is taken for a straight line, up to the load at which every other
attack ends the episode, and over a load of 0.1 at least."""


class AttackLimits:
    """Tells up to which load the loss of each line needs no prevention.

    Parameters
    ----------
    limit:
        For all lines, where no chance is given.
    chance:
        That an attack ends the episode, up to which nothing is prevented; 0: the limit holds.
    value:
        What attacks come to.
    """

    def __init__(self, limit: float, chance: float, value: AttackValue) -> None:
        self._limit = limit
        self._chance = chance
        self._value = value

    def at(
        self, observation: Observation, lost: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Limits of the lines, and the cost of a load of 1 beyond them, shapes ``(n,)``.

        The cost is the chance of losing the episode that it adds, or 1 where one limit holds for
        all lines.

        Parameters
        ----------
        observation:
            Has the time of day.
        lost:
            Highest load after the loss of each line, shape ``(n,)``; None: no loss is corrected.
        """
        value, n = self._value, self._value.n_lines
        if not self._chance:
            return np.full(n, self._limit), np.ones(n)
        limits = np.maximum(value.load_at(observation, lost, self._chance), LOWEST_LIMIT)
        even, slopes = value.load_at(observation, lost, EVEN), np.zeros(n)
        grows = np.isfinite(limits)
        ends = np.where(grows, np.maximum(even, limits + SHORTEST), 0.0)
        first, last = (
            value.chance(observation, load if lost is None else lost, load)
            for load in (np.where(grows, limits, 0.0), ends)
        )
        slopes[grows] = ((last - first) / (ends - limits))[grows]
        return limits, slopes
