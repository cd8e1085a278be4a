"""What generators will do while redispatching is under way: grid2op's solver alone knows."""

from __future__ import annotations

from typing import Any

import numpy as np

SETTLED = 0.0099
"""Below this (MW) grid2op, whose tolerance is 0.01, takes targets for met."""


def is_stepped(observation: Any) -> bool:
    """Whether the observation is of the episode stepper, not grid2op's."""
    return not hasattr(observation, "simulate")


def is_redispatched(observation: Any) -> bool:
    """Whether generators deviate from the time series, or are about to."""
    return bool(np.any(observation.target_dispatch) or np.any(observation.actual_dispatch))


def is_curtailed_or_stored(observation: Any) -> bool:
    """Whether curtailment or storage units change what the time series say."""
    if is_stepped(observation):  # the stepper has neither
        return False
    return bool(
        np.any(observation.curtailment_limit_mw < observation.gen_pmax)
        or np.any(observation.storage_power)
    )


def is_settled(observation: Any) -> bool:
    """Whether generators keep their dispatch: grid2op fits it anew only where targets differ."""
    dispatch = observation.actual_dispatch
    unmet = np.abs(dispatch - observation.target_dispatch).max()
    return bool(max(unmet, abs(dispatch.sum())) < SETTLED)


class RedispatchedGeneration:
    """Production in the next step, which no topology action changes but for the slack.

    It is that of the time series and the dispatch, where the dispatch is settled. Else grid2op
    fits it to its targets, ramps and balance (``grid2op.Environment.dispatch``): doing nothing is
    simulated once for each observation, however often it is asked. The episode stepper asks the
    solver itself.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[Any, ...], np.ndarray | None] | None = None

    def next_step(self, observation: Any) -> np.ndarray | None:
        """Active power of each generator (MW), shape ``(n_gen,)``, float32.

        None where the dispatch is not settled and doing nothing ends the episode, so that the
        simulation does not tell. The slack's is what was asked of it; it delivers what is missing.
        """
        if is_settled(observation):
            scheduled = observation.get_forecasted_inj(1)[0]
            return np.asarray(scheduled + observation.actual_dispatch, dtype=np.float32)
        key = (
            observation.current_step,
            *(
                getattr(observation, name).tobytes()
                for name in ("gen_p", "load_p", "target_dispatch", "actual_dispatch", "topo_vect")
            ),
        )
        if self._known is None or self._known[0] != key:
            self._known = key, self._foreseen(observation)
        return self._known[1]

    @staticmethod
    def _foreseen(observation: Any) -> np.ndarray | None:
        if is_stepped(observation):
            ahead: np.ndarray | None = observation.generation_ahead()
            return ahead
        after, _, done, _ = observation.simulate(observation.action_helper({}), time_step=1)
        if done:
            return None
        scheduled = observation.get_forecasted_inj(1)[0]
        return np.asarray(scheduled + after.actual_dispatch, dtype=np.float32)
