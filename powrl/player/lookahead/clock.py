"""What looking ahead may cost: simulations, and where there is a limit of time, seconds."""

from __future__ import annotations

import math
import time


class Clock:
    """The budget of one decision.

    Simulations are the same on every machine, however busy it is; seconds limit a decision only
    where a competition does, or the user asks for it.

    Parameters
    ----------
    simulations:
        Power flows that the decision may take.

    Attributes
    ----------
    was_cut:
        Whether a search ended for want of simulations or time.
    has_spare:
        Whether a calm step may do more than it must.

    Examples
    --------
    >>> clock = Clock(simulations=100)
    >>> clock.count(100)
    >>> clock.stops(), clock.was_cut
    (True, True)
    """

    def __init__(self, simulations: float = math.inf) -> None:
        self._simulations = simulations
        self._deadline = math.inf
        self.has_spare = True
        self.was_cut = False

    def limit(self, seconds: float, has_spare: bool = True) -> None:
        """Limit the time from now on (s), and say whether a calm step may do more than it must."""
        if not math.isinf(seconds):
            self._deadline = time.perf_counter() + seconds
        self.has_spare = has_spare

    def count(self, simulations: int) -> None:
        """Note that power flows were solved."""
        self._simulations -= simulations

    @property
    def seconds_left(self) -> float:
        """Time that is left (s); infinite without a limit."""
        return (
            self._deadline if math.isinf(self._deadline) else self._deadline - time.perf_counter()
        )

    @property
    def has_left(self) -> bool:
        """Whether simulations and time are left."""
        return self._simulations > 0 and self.seconds_left > 0

    def stops(self) -> bool:
        """Whether a search has to end here; if so, the decision counts as cut."""
        if self.has_left:
            return False
        self.was_cut = True
        return True
