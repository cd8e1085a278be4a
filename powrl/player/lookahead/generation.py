"""What generators will do while redispatching is under way: grid2op's solver alone knows."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..grid.observation import Observation, as_simulating

SETTLED_MW = 0.0099
"""Below this grid2op, whose tolerance is 0.01, takes targets for met."""


def is_redispatched(observation: Observation) -> bool:
    """Whether generators deviate from the time series, or are about to."""
    return bool(np.any(observation.target_dispatch) or np.any(observation.actual_dispatch))


def is_curtailed_or_stored(observation: Observation) -> bool:
    """Whether curtailment or storage units change what the time series say."""
    if as_simulating(observation) is None:  # the stepper has neither
        return False
    grid2op_observation = cast(Any, observation)
    return bool(
        np.any(grid2op_observation.curtailment_limit_mw < grid2op_observation.gen_pmax)
        or np.any(grid2op_observation.storage_power)
    )


def is_settled(observation: Observation) -> bool:
    """Whether generators keep their dispatch: grid2op fits it anew only where targets differ."""
    dispatch = observation.actual_dispatch
    unmet = np.abs(dispatch - observation.target_dispatch).max()
    return bool(max(unmet, abs(dispatch.sum())) < SETTLED_MW)


def generation_ahead(observation: Observation) -> np.ndarray | None:
    """Production of each generator in the next step (MW), shape ``(n_gen,)``, float32.

    No topology action changes it, but for the slack, which delivers what is missing. Where the
    dispatch is settled it is that of the time series and the dispatch. Else grid2op fits it to its
    targets, ramps and balance (``grid2op.Environment.dispatch``): doing nothing is simulated once,
    or the episode stepper asks the solver itself.

    Returns
    -------
    numpy.ndarray or None
        None where the dispatch is not settled and doing nothing ends the episode, so that the
        simulation does not tell.
    """
    if is_settled(observation):
        scheduled = observation.get_forecasted_inj(1)[0]
        return np.asarray(scheduled + observation.actual_dispatch, dtype=np.float32)
    simulating = as_simulating(observation)
    if simulating is None:
        ahead: np.ndarray | None = cast(Any, observation).generation_ahead()
        return ahead
    after, _, done, _ = simulating.simulate(simulating.action_helper({}), time_step=1)
    if done:
        return None
    scheduled = observation.get_forecasted_inj(1)[0]
    return np.asarray(scheduled + after.actual_dispatch, dtype=np.float32)
