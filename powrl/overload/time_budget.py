"""The time that all decisions of a submission have together, and what a search may take of it."""

from __future__ import annotations

import math

SHARE = 3.0
"""A search may take so many times what all that are expected could have: most take little."""

FIRST_STEPS, FIRST_SEARCHES = 100, 5
"""How often is searched, as long as little is known: as if it had been seen in so many steps."""

KEPT_BACK = 3.0
"""The end of the budget is kept back: so many times the longest decision."""


class TimeBudget:
    """Seconds for a number of steps; what the steps without a search do not need is for searches.

    Parameters
    ----------
    seconds, steps:
        The time of all decisions together, s, and how many there will be; 0 seconds: no limit.
    at_most:
        The longest that a search may take, s.
    """

    def __init__(self, seconds: float, steps: int, at_most: float) -> None:
        self._seconds = seconds or math.inf
        self._steps = steps
        self._at_most = at_most
        self._longest, self._shortest = 0.0, math.inf
        self._spent = {True: 0.0, False: 0.0}
        self._decisions = {True: 0, False: 0}

    @property
    def is_spent(self) -> bool:
        """Whether nothing more should be computed."""
        return sum(self._spent.values()) + KEPT_BACK * self._longest >= self._seconds

    @property
    def allowance(self) -> float:
        """How long a search may take now (s)."""
        if math.isinf(self._seconds):
            return self._at_most
        passed = sum(self._decisions.values())
        left = max(self._steps - passed, 1)
        frequency = (self._decisions[True] + FIRST_SEARCHES) / (passed + FIRST_STEPS)
        searches = 1 + left * frequency
        calm = left * self._spent[False] / max(self._decisions[False], 1)
        free = self._seconds - sum(self._spent.values()) - KEPT_BACK * self._longest - calm
        shortest = 0.0 if math.isinf(self._shortest) else self._shortest
        more = SHARE * (free - searches * shortest) / searches
        return min(max(min(shortest + more, free), 0.0), self._at_most)

    def count(self, seconds: float, searched: bool) -> None:
        """A decision took so long; whether it had to search."""
        self._spent[searched] += seconds
        self._decisions[searched] += 1
        self._longest = max(self._longest, seconds)
        if searched:
            self._shortest = min(self._shortest, seconds)
