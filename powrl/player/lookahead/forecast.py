"""Outcomes by grid2op's own ``observation.simulate``: any backend, any action."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..actions.grid_action import GridAction
from ..errors import NotSupportedError
from ..grid.observation import Observation, SimulatingObservation, as_simulating
from .outcome import AnyAction, Outcome


class ForecastSimulator:
    """Simulates each action on the forecasted observation (``BaseObservation.simulate``)."""

    batch_size = 1
    batch = None

    def state_of(self, observation: Observation) -> None:  # noqa: ARG002
        """Nothing: actions are played from the observation itself."""
        return

    def evaluate(self, observation: Observation, actions: Sequence[AnyAction]) -> list[Outcome]:
        """The outcome of each action (`GridAction`, or grid2op's), in order.

        Raises
        ------
        NotSupportedError
            The observation is not grid2op's.
        """
        simulating = as_simulating(observation)
        if simulating is None:
            raise NotSupportedError(
                "an observation of the episode stepper cannot simulate; use the engine grid2op."
            )
        return [self._evaluate(simulating, action) for action in actions]

    def _evaluate(self, observation: SimulatingObservation, action: AnyAction) -> Outcome:
        if isinstance(action, GridAction):
            action = action.to_grid2op(observation.action_helper)
        after, _, done, info = observation.simulate(action)
        legal = not (info["is_illegal"] or info["is_ambiguous"])
        return Outcome(np.array(after.rho, dtype=np.float64), legal, bool(done))
