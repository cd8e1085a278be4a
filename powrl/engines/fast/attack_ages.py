"""Steps since the last attack on each line that alerts are raised for."""

from __future__ import annotations

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
    lines:
        The lines that alerts are raised for, shape ``(dim_alerts,)``.
    steps:
        Steps since the last attack on each of them began, int32; -1: never.
    under_way:
        Lines whose attack was counted; grid2op forgets them when no line at all is under attack.
    """

    lines: np.ndarray
    steps: np.ndarray
    under_way: np.ndarray

    @classmethod
    def none(cls, lines: np.ndarray) -> AttackAges:
        """Those of an episode's start."""
        steps = np.full(len(lines), NEVER, dtype=np.int32)
        return cls(lines, frozen(steps), frozen(np.zeros(len(lines), dtype=bool)))

    def after(self, attacked: tuple[int, ...]) -> AttackAges:
        """A step later, with the lines under attack then."""
        if not len(self.lines):
            return self
        struck = np.isin(self.lines, attacked)
        begins = struck & ~self.under_way
        steps = np.where(self.steps == NEVER, NEVER, self.steps + 1).astype(np.int32)
        steps[begins] = 0
        under_way = self.under_way | struck if attacked else np.zeros_like(struck)
        return AttackAges(self.lines, frozen(steps), frozen(under_way))
