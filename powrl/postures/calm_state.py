"""What the losses of lines come to in a calm state, in each of some postures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..player.rules.attack_value import AttackValue
from ..player.rules.splits import Splits

NO_SOLUTION = 99.0
"""Load in a file that stands for a loss which ends the episode at once."""


@dataclass
class Postures:
    """Some postures of a state that are safe, the nominal topology first.

    Attributes
    ----------
    splits:
        Actions whose splits are held in each; none in the nominal topology.
    shares, lost, corrected:
        Of each line in each posture: how often it is drawn, and the loads after its loss.
    """

    splits: list[list[int]]
    shares: list[list[float]]
    lost: list[list[float]]
    corrected: list[list[float]]

    def risks(self, value: AttackValue, minute: int) -> dict[Splits, float]:
        """The chance that the next attack ends the episode, by the splits that are held.

        Parameters
        ----------
        value:
            What attacks come to.
        minute:
            Of the day.
        """
        lost = np.array(self.lost)
        lost = np.where(lost < NO_SOLUTION, lost, np.inf)
        chance = value.chance_at(minute, lost, np.array(self.corrected))
        risks = (np.array(self.shares) * chance).sum(axis=1).tolist()
        return dict(zip(map(tuple, self.splits), risks, strict=True))


@dataclass
class CalmState:
    """A state, and what each posture would do in it.

    Attributes
    ----------
    step, minute:
        Of the episode, and of the day.
    single:
        The nominal topology, and one split.
    double:
        The nominal topology, and two splits, the first of which is one of the best.
    """

    step: int
    minute: int
    single: Postures
    double: Postures

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> CalmState:
        """The state from its fields as plain data."""
        postures = {key: Postures(**body[key]) for key in ("single", "double")}
        return cls(body["step"], body["minute"], **postures)
