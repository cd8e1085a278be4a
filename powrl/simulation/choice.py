"""Which simulator evaluates candidates on an environment: the batched one where it can."""

from __future__ import annotations

import logging
from typing import Any

from ..errors import PowrlError
from .forecast import ForecastSimulator
from .outcome import Simulator

log = logging.getLogger(__name__)


def choose_simulator(environment: Any) -> Simulator:
    """The batched simulator, or grid2op's own `simulate` where the former cannot be had.

    Both give the same outcomes; which one it is, and why, is logged (level INFO).

    Parameters
    ----------
    environment:
        A grid2op environment that has been reset.
    """
    from .batch import BatchSimulator
    from .grid_model import GridModel
    from .rules import Rules

    try:
        simulator: Simulator = BatchSimulator(
            GridModel(environment.backend), Rules.of(environment), environment.get_thermal_limit()
        )
    except PowrlError as reason:
        log.info("candidates are evaluated one by one by grid2op's simulate: %s", reason)
        return ForecastSimulator()
    log.info("candidates are evaluated in batches on lightsim2grid's grid model")
    return simulator
