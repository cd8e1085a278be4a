"""Outcomes by grid2op's own ``observation.simulate``: any backend, any action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .outcome import Outcome


class ForecastSimulator:
    """Simulates each action on the forecasted observation (``BaseObservation.simulate``).

    Parameters
    ----------
    horizon:
        Which forecast: 1 is the next step (5 minutes ahead), 0 the present injections.
    """

    def __init__(self, horizon: int = 1) -> None:
        self._horizon = horizon

    def evaluate(self, observation: Any, actions: Sequence[Any]) -> list[Outcome]:
        """The outcome of each action, in the order given."""
        return [self._evaluate(observation, action) for action in actions]

    def _evaluate(self, observation: Any, action: Any) -> Outcome:
        after, _, done, info = observation.simulate(action, time_step=self._horizon)
        legal = not (info["is_illegal"] or info["is_ambiguous"])
        return Outcome(np.array(after.rho, dtype=np.float64), legal, bool(done))
