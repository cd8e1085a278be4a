"""Steps since the last attack on each line that alerts are raised for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...player.lookahead.frozen import frozen

NEVER = -1
"""grid2op's value of a line that was not attacked yet."""


@dataclass(frozen=True, eq=False)
class AttackAges:
    """What grid2op counts for ``time_since_last_attack``; it is never written to.

    Attributes
    ----------
    numbers:
        Line -> its number among those that alerts are raised for.
    steps:
        Steps since the last attack on each of them began, shape ``(dim_alerts,)``, int32; -1:
        never.
    under_way:
        Numbers of those whose attack was counted; grid2op forgets them when no line at all is under
        attack.
    any_known:
        Whether any of them was attacked.
    """

    numbers: Mapping[int, int]
    steps: np.ndarray
    under_way: frozenset[int] = frozenset()
    any_known: bool = False

    @classmethod
    def none(cls, lines: np.ndarray) -> AttackAges:
        """Those of an episode's start, for the lines that alerts are raised for."""
        numbers = {line: number for number, line in enumerate(lines.tolist())}
        return cls(numbers, frozen(np.full(len(lines), NEVER, dtype=np.int32)))

    def after(self, attacked: tuple[int, ...]) -> AttackAges:
        """A step later, with the lines under attack then."""
        if not self.numbers:
            return self
        struck = [self.numbers[line] for line in attacked if line in self.numbers]
        steps = self.steps
        if not struck and not self.any_known:
            return self
        ages = steps + (steps != NEVER)
        ages[[number for number in struck if number not in self.under_way]] = 0
        under_way = self.under_way.union(struck) if attacked else frozenset()
        return AttackAges(self.numbers, frozen(ages), under_way, any_known=True)
