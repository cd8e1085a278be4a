"""The time that all decisions of a submission have together, and what a search may take of it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

SHARE = 3.0
"""A search may take so many times what all that are expected could have: most take little."""

FIRST_STEPS, FIRST_SEARCHES = 100, 5
"""How often is searched, as long as little is known: as if it had been seen in so many steps."""

CALM_SHARE = 0.5
"""What calm steps can do without is done as long as they take no more of the time that is left."""

KEPT_BACK = 3.0
"""The end of the budget is kept back: so many times the longest search."""

FIRST_SHARE = 0.1
"""Before the first search, what one may take is kept back, at most this share of the whole; before
the first calm step, what that may take has to be no more."""


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
        self._longest, self._shortest = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}
        self._spent = {True: 0.0, False: 0.0}
        self._decisions = {True: 0, False: 0}

    @property
    def is_spent(self) -> bool:
        """Whether nothing more should be computed."""
        return self._left <= self._kept_back

    @property
    def _left(self) -> float:
        """For all that is to come (s)."""
        return self._seconds - sum(self._spent.values())

    @property
    def _kept_back(self) -> float:
        """For the next decision (s), which may be longer than those before."""
        # a longer calm decision made plans, which has_spare allows only where they fit
        seen = KEPT_BACK * max(self._longest[True], self._shortest[False])
        if self._decisions[True] or not self._decisions[False]:
            return seen
        return max(seen, min(self._at_most, FIRST_SHARE * self._seconds))

    @property
    def has_spare(self) -> bool:
        """Whether a calm step may do more than it must, at the pace of those so far."""
        if math.isinf(self._seconds):
            return True
        if not self._decisions[False] and self._at_most > FIRST_SHARE * self._seconds:
            return False  # nobody knows yet how long it takes
        fits = KEPT_BACK * max(self._longest.values()) <= self._left
        return fits and self._calm_steps_to_come <= CALM_SHARE * self._left

    @property
    def calm_allowance(self) -> float:
        """How long a calm step may plan (s), should it plan: what `has_spare` wants to fit."""
        return min(self._left / KEPT_BACK, self._at_most)

    @property
    def _steps_left(self) -> int:
        return max(self._steps - sum(self._decisions.values()), 1)

    @property
    def _calm_steps_to_come(self) -> float:
        """What all steps that are left would take (s), if none had to search."""
        return self._steps_left * self._spent[False] / max(self._decisions[False], 1)

    @property
    def allowance(self) -> float:
        """How long a search may take now (s)."""
        if math.isinf(self._seconds):
            return self._at_most
        passed = sum(self._decisions.values())
        frequency = (self._decisions[True] + FIRST_SEARCHES) / (passed + FIRST_STEPS)
        searches = 1 + self._steps_left * frequency
        kept_back = KEPT_BACK * self._longest[True] + self._calm_steps_to_come
        free = self._left - kept_back
        shortest = self._shortest[True]
        more = SHARE * (free - searches * shortest) / searches
        return min(max(min(shortest + more, free), 0.0), self._at_most)

    @contextmanager
    def counting_all(self) -> Iterator[None]:
        """What is done within it besides the decision that is counted takes time, too."""
        start, before = time.perf_counter(), sum(self._spent.values())
        try:
            yield
        finally:
            counted = sum(self._spent.values()) - before
            self._spent[False] += time.perf_counter() - start - counted

    def count(self, seconds: float, searched: bool) -> None:
        """A decision took so long; whether it had to search."""
        first = not self._decisions[searched]
        self._spent[searched] += seconds
        self._decisions[searched] += 1
        self._longest[searched] = max(self._longest[searched], seconds)
        self._shortest[searched] = seconds if first else min(self._shortest[searched], seconds)
