"""Outcomes by grid2op's own ``observation.simulate``: any backend, any action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..grid.action import GridAction
from .outcome import Outcome


class ForecastSimulator:
    """Simulates each action on the forecasted observation (``BaseObservation.simulate``)."""

    batch_size = 1

    def evaluate(self, observation: Any, actions: Sequence[Any]) -> list[Outcome]:
        """The outcome of each action (`GridAction`, or grid2op's), in the order given."""
        return [self._evaluate(observation, action) for action in actions]

    def _evaluate(self, observation: Any, action: Any) -> Outcome:
        if isinstance(action, GridAction):
            action = action.to_grid2op(observation.action_helper)
        after, _, done, info = observation.simulate(action)
        legal = not (info["is_illegal"] or info["is_ambiguous"])
        return Outcome(np.array(after.rho, dtype=np.float64), legal, bool(done))
