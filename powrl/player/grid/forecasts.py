"""Forecasts of the injections: where the time series have none, the present ones stand in."""

from __future__ import annotations

import logging
from functools import lru_cache
from multiprocessing import current_process

import numpy as np

from ..grid2op_internals import forecast_by, has_forecast
from .grid2op_objects import Injections4
from .observation import Foreseeing, Observation, as_simulating

log = logging.getLogger(__name__)


def with_forecast(observation: Observation) -> Observation:
    """Return an observation that foresees the injections of the next step.

    Parameters
    ----------
    observation:
        An observation of grid2op or of the episode stepper, which always foresees them.

    Returns
    -------
    Observation
        The same one, or a copy whose forecast is the present where the time series have none.
    """
    if as_simulating(observation) is None or has_forecast(observation):
        return observation
    tell_missing_forecasts()
    # dispatch is added to what is forecast
    scheduled = np.asarray(observation.gen_p) - np.asarray(observation.actual_dispatch)
    others = (observation.gen_v, observation.load_p, observation.load_q)
    gen_p, gen_v, load_p, load_q = (np.array(one, np.float32) for one in (scheduled, *others))
    return foreseeing(observation, (gen_p, gen_v, load_p, load_q))


def foreseeing(observation: Observation, injections: Injections4) -> Observation:
    """A copy of an observation that foresees other injections in the next step.

    Parameters
    ----------
    observation:
        An observation of grid2op or of the episode stepper.
    injections:
        ``gen_p`` without redispatching, ``gen_v``, ``load_p`` and ``load_q``, float32.
    """
    if isinstance(observation, Foreseeing):
        return observation.foreseeing(injections)
    keys = ("prod_p", "prod_v", "load_p", "load_q")
    twin: Observation = forecast_by(observation, {"injection": dict(zip(keys, injections))})
    return twin


@lru_cache(maxsize=1)
def tell_missing_forecasts() -> None:
    """Log once, and not in each worker process, that nothing is forecast (level WARNING)."""
    if current_process().name == "MainProcess":
        log.warning(
            "the time series have no forecasts: actions are simulated on the present injections."
        )
