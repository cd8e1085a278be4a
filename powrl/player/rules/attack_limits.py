"""How much load an attack may leave before it is prevented, and what more of it costs."""

from __future__ import annotations

import numpy as np

from ..grid.observation import Observation
from .attack_value import AttackValue

LOWEST_LIMIT = 0.9
"""A loss that leaves less needs no prevention, however much the load grows in the next hours."""

EVEN = 0.5
"""Between the limit and the load at which so many attacks end the episode the chance is taken for a
straight line."""


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

    Attributes
    ----------
    limit:
        As given.
    """

    def __init__(self, limit: float, chance: float, value: AttackValue) -> None:
        self.limit = limit
        self._chance = chance
        self._value = value

    def at(self, observation: Observation, lost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Limits of the lines, and what a load of 1 beyond them costs, shapes ``(n,)``.

        The cost is the chance that it adds to that of losing the episode, or 1 where one limit
        holds for all lines.

        Parameters
        ----------
        observation:
            Tells the time of day.
        lost:
            Highest load after the loss of each line, shape ``(n,)``.
        """
        if not self._chance:
            return np.full(len(lost), self.limit), np.ones(len(lost))
        limits = self._value.load_at(observation, lost, self._chance)
        even, grows = self._value.load_at(observation, lost, EVEN), np.isfinite(limits)
        slopes = np.zeros(len(lost))
        slopes[grows] = (EVEN - self._chance) / (even[grows] - limits[grows])
        return np.maximum(limits, LOWEST_LIMIT), slopes
