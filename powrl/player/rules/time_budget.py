"""The time that all decisions of a submission have together, and what one of them may take."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

SEARCH_SHARE = 3.0
"""Multiple of its share of the remaining time that one search may take: most take less."""

ASSUMED_STEPS, ASSUMED_SEARCHES = 100, 5
"""Prior of how often a search is needed: as if these steps had seen these searches."""

CALM_SHARE = 0.5
"""Share of the remaining time that calm steps may spend on optional work."""

RESERVED_SEARCHES = 3.0
"""Reserve at the end of the budget, as a multiple of the longest search."""

RESERVED_SHARE = 0.1
"""Fraction of the total budget reserved before the first search has been timed; before the first
calm step, what that may take has to be no more."""


class Pace:
    """How long decisions of one kind take (s)."""

    def __init__(self) -> None:
        self.decisions = 0
        self.total = 0.0
        self.longest = 0.0
        self.shortest = 0.0

    def count(self, seconds: float) -> None:
        """Note one decision."""
        self.shortest = min(self.shortest, seconds) if self.decisions else seconds
        self.longest = max(self.longest, seconds)
        self.decisions += 1
        self.total += seconds


class TimeBudget:
    """Seconds for a number of steps; what the steps without a search do not need is for searches.

    Parameters
    ----------
    seconds, steps:
        The time of all decisions together (s), and how many there will be; 0 seconds: no limit.
    at_most:
        The longest that a search may take (s); 0: no limit.
    """

    def __init__(self, seconds: float, steps: int, at_most: float) -> None:
        self._seconds = seconds or math.inf
        self._steps = steps
        self._at_most = at_most or math.inf
        self._search, self._calm = Pace(), Pace()

    @property
    def is_spent(self) -> bool:
        """Whether nothing more should be computed."""
        return not math.isinf(self._seconds) and self._remaining <= self._reserved

    @property
    def _spent(self) -> float:
        return self._search.total + self._calm.total

    @property
    def _remaining(self) -> float:
        """For all decisions to come (s)."""
        return self._seconds - self._spent

    @property
    def _reserved(self) -> float:
        """For the next decision (s), which may be longer than those before."""
        # a longer calm decision made plans, which has_spare allows only where they fit
        seen = RESERVED_SEARCHES * max(self._search.longest, self._calm.shortest)
        if self._search.decisions or not self._calm.decisions:
            return seen
        return max(seen, min(self._at_most, RESERVED_SHARE * self._seconds))

    @property
    def has_spare(self) -> bool:
        """Whether a calm step may do more than it must, at the pace of those so far."""
        if math.isinf(self._seconds):
            return True
        if not self._calm.decisions and self._at_most > RESERVED_SHARE * self._seconds:
            return False  # nobody knows yet how long it takes
        longest = max(self._search.longest, self._calm.longest)
        fits = RESERVED_SEARCHES * longest <= self._remaining
        return fits and self._calm_steps_to_come <= CALM_SHARE * self._remaining

    @property
    def calm_allowance(self) -> float:
        """How long a calm step may plan (s), should it plan: what `has_spare` wants to fit."""
        if math.isinf(self._seconds):
            return self._at_most
        return min(self._remaining / RESERVED_SEARCHES, self._at_most)

    @property
    def _steps_left(self) -> int:
        return max(self._steps - self._search.decisions - self._calm.decisions, 1)

    @property
    def _calm_steps_to_come(self) -> float:
        """What all steps that are left would take (s), if none had to search."""
        return self._steps_left * self._calm.total / max(self._calm.decisions, 1)

    @property
    def allowance(self) -> float:
        """How long a search may take now (s)."""
        if math.isinf(self._seconds):
            return self._at_most
        passed = self._search.decisions + self._calm.decisions
        frequency = (self._search.decisions + ASSUMED_SEARCHES) / (passed + ASSUMED_STEPS)
        searches = 1 + self._steps_left * frequency
        reserved = RESERVED_SEARCHES * self._search.longest + self._calm_steps_to_come
        free = self._remaining - reserved
        shortest = self._search.shortest
        more = SEARCH_SHARE * (free - searches * shortest) / searches
        return min(max(min(shortest + more, free), 0.0), self._at_most)

    @contextmanager
    def counting_all(self) -> Iterator[None]:
        """Count what is done inside besides the decision that is counted; it takes time, too."""
        start, before = time.perf_counter(), self._spent
        try:
            yield
        finally:
            counted = self._spent - before
            self._calm.total += time.perf_counter() - start - counted

    def count(self, seconds: float, searched: bool) -> None:
        """Note how long a decision took, and whether it had to search."""
        (self._search if searched else self._calm).count(seconds)
