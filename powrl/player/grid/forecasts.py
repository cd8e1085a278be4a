"""Forecasts of the injections: where the time series have none, the present ones stand in."""

from __future__ import annotations

import logging
from functools import lru_cache
from multiprocessing import current_process

import numpy as np

from ..grid2op_internals import forecast_by, has_forecast
from .observation import Observation, as_simulating

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
    present = {
        "prod_p": scheduled.astype(np.float32),
        "prod_v": np.array(observation.gen_v, dtype=np.float32),
        "load_p": np.array(observation.load_p, dtype=np.float32),
        "load_q": np.array(observation.load_q, dtype=np.float32),
    }
    foreseeing: Observation = forecast_by(observation, {"injection": present})
    return foreseeing


@lru_cache(maxsize=1)
def tell_missing_forecasts() -> None:
    """Log once, and not in each worker process, that nothing is forecast (level WARNING)."""
    if current_process().name == "MainProcess":
        log.warning(
            "the time series have no forecasts: actions are simulated on the present injections."
        )
