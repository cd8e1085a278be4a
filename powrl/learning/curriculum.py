"""Which scenarios are trained on: those that are lost more often than those that are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MEMORY = 0.7
"""Weight of what was known of a scenario when another of its episodes ends."""


class Curriculum:
    """Draws scenarios, and remembers how much of each was lost.

    Parameters
    ----------
    scenarios:
        Names of all.
    share:
        Share of the episodes that are drawn in proportion to the recent losses of a scenario. The
        others are drawn from all scenarios alike, so that none is forgotten.

    Attributes
    ----------
    scenarios:
        Names of all.
    lost:
        Share of the steps that was lost, for each scenario played, averaged with `MEMORY`.
    """

    def __init__(self, scenarios: Sequence[str], share: float) -> None:
        self.scenarios = list(scenarios)
        self._share = share
        self.lost: dict[str, float] = {}

    def draw(self, episodes: int, random: np.random.Generator) -> list[str]:
        """The scenarios of the next `episodes`. A scenario never played counts as lost."""
        n = len(self.scenarios)
        lost = np.array([self.lost.get(name, 1.0) for name in self.scenarios])
        hard = lost / lost.sum() if lost.any() else np.full(n, 1 / n)
        weights = self._share * hard + (1 - self._share) / n
        return [self.scenarios[index] for index in random.choice(n, episodes, p=weights)]

    def learn(self, scenario: str, survival: float) -> None:
        """Note how an episode went: the share of its steps survived."""
        before = self.lost.get(scenario)
        lost = 1 - survival
        self.lost[scenario] = lost if before is None else MEMORY * before + (1 - MEMORY) * lost
