"""What generators will do while redispatching is under way: grid2op's simulation alone knows."""

from __future__ import annotations

from typing import Any

import numpy as np


def may_be_redispatched(observation: Any) -> bool:
    """Whether the observation is grid2op's: that of the episode stepper has no dispatch."""
    return hasattr(observation, "actual_dispatch")


def is_redispatched(observation: Any) -> bool:
    """Whether generators deviate from the time series, or are about to."""
    if not may_be_redispatched(observation):
        return False
    return bool(np.any(observation.target_dispatch) or np.any(observation.actual_dispatch))


def is_curtailed_or_stored(observation: Any) -> bool:
    """Whether curtailment or storage units change what the time series say."""
    if not may_be_redispatched(observation):
        return False
    return bool(
        np.any(observation.curtailment_limit_mw < observation.gen_pmax)
        or np.any(observation.storage_power)
    )


class RedispatchedGeneration:
    """Production in the next step, which no topology action changes but for the slack.

    grid2op fits the dispatch to its targets, ramps and balance (``grid2op.Environment.dispatch``):
    doing nothing is simulated once for each observation, however often it is asked.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[Any, ...], np.ndarray | None] | None = None

    def next_step(self, observation: Any) -> np.ndarray | None:
        """Active power of each generator (MW), shape ``(n_gen,)``, float32.

        None where doing nothing ends the episode, so that the simulation does not tell.
        """
        key = (
            observation.current_step,
            *(
                getattr(observation, name).tobytes()
                for name in ("gen_p", "load_p", "target_dispatch", "actual_dispatch", "topo_vect")
            ),
        )
        if self._known is None or self._known[0] != key:
            after, _, done, _ = observation.simulate(observation.action_helper({}), time_step=1)
            self._known = key, None if done else np.array(after.gen_p, dtype=np.float32)
        return self._known[1]
