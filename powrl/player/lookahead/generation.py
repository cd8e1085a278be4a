"""What generators and storage units do in the next step, where they leave the time series."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..grid.observation import Observation, as_simulating
from ..grid.reductions import any_hold, highest
from .dispatch import Dispatch
from .dispatcher import NO_MOVES, Dispatcher, Moves
from .grid_model import Injections
from .units import Units

SETTLED_MW = 0.0099
"""Below this grid2op, whose tolerance is 0.01, takes targets for met."""


def follows_time_series(observation: Observation) -> bool:
    """Whether neither redispatching nor storage nor curtailment is under way."""
    if any_hold(observation.target_dispatch) or any_hold(observation.actual_dispatch):
        return False
    return not (any_hold(observation.storage_power) or any_hold(observation.curtailment_limit < 1))


def is_redispatching_anew(observation: Observation) -> bool:
    """Whether generators alone leave the time series, and will move before they meet targets."""
    dispatch = observation.actual_dispatch
    unmet = highest(np.abs(dispatch - observation.target_dispatch))
    if max(unmet, abs(dispatch.sum())) < SETTLED_MW:
        return False
    return not (any_hold(observation.storage_power) or any_hold(observation.curtailment_limit < 1))


def dispatch_of(observation: Observation, units: Units) -> Dispatch | None:
    """The dispatch that an observation shows, or None: grid2op is older than 1.12.6."""
    if as_simulating(observation) is None:
        shown: Dispatch = cast(Any, observation).dispatch_now
        return shown
    return Dispatch.from_grid2op(observation, units)


def injections_after(
    dispatcher: Dispatcher, dispatch: Dispatch, forecast: Injections, moves: Moves = NO_MOVES
) -> Injections | None:
    """Injections of the next step, or None: there is no such dispatch, which ends the episode.

    No topology changes them, but for the slack, which delivers what is missing.

    Parameters
    ----------
    dispatch:
        Of this step.
    forecast:
        The time series of the next step, as forecast.
    moves:
        What the action asks of generators and storage units; none of it is ambiguous.
    """
    before = dispatch.production_of(forecast.gen_p)
    after, _ = dispatcher.play(dispatch, before, forecast.gen_p, moves)
    if after is None:
        return None
    return Injections(
        after.production_of(forecast.gen_p),
        forecast.gen_v,
        forecast.load_p,
        forecast.load_q,
        after.power,
    )


def injections_by_simulation(observation: Observation, forecast: Injections) -> Injections | None:
    """The same for doing nothing, by grid2op's own ``simulate``, for any version of it.

    None where doing nothing ends the episode, so that the simulation does not tell.
    """
    dispatch, grid2op_observation = observation.actual_dispatch, cast(Any, observation)
    is_limited = np.asarray(observation.curtailment_limit) < 1
    production = forecast.gen_p + dispatch
    if is_redispatching_anew(observation) or is_limited.any() or observation.storage_power.any():
        after, _, done, _ = grid2op_observation.simulate(grid2op_observation.action_helper({}))
        if done:
            return None
        # generators that are not curtailed are asked for what the time series and the dispatch say
        production = forecast.gen_p + after.actual_dispatch
        production[is_limited] = after.gen_p[is_limited]
    return Injections(
        np.asarray(production, dtype=np.float32), forecast.gen_v, forecast.load_p, forecast.load_q
    )
