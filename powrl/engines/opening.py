"""Opening an engine on scenarios, by its name."""

from __future__ import annotations

import logging
from typing import Any

from ..environments.opening import Scenarios, open_environment
from ..errors import NotSupportedError
from .engine import Engine, EngineName
from .fast.engine import FastEngine, OpponentFactory
from .grid2op_engine import Grid2opEngine

log = logging.getLogger(__name__)


def open_engine(
    name: EngineName,
    scenarios: Scenarios,
    cached: bool = True,
    opponent: OpponentFactory | None = None,
    **make: Any,
) -> Engine:
    """Open scenarios for playing.

    Parameters
    ----------
    name:
        ``"fast"``: the episode stepper and batched candidates, equal to grid2op and many times
        faster; ``"grid2op"``: grid2op's own ``step`` and ``simulate``.
    opponent:
        Makes the opponent of each episode in place of the environment's
        (`powrl.engines.fast.opponent.Opponent`); for the fast engine alone.
    cached, make:
        As in `powrl.environments.opening.open_environment`.

    Raises
    ------
    NotSupportedError
        Only grid2op can play the scenarios, or an opponent is given to grid2op.
    PowrlError
        The scenarios cannot be opened.
    """
    if opponent is not None and name != "fast":
        raise NotSupportedError(
            "an opponent of your own attacks in the engine fast alone; use engine: fast."
        )
    environment = open_environment(scenarios, cached=cached, **make)
    try:
        engine: Engine = (
            FastEngine(environment, opponent) if name == "fast" else Grid2opEngine(environment)
        )
    except Exception:
        environment.close()
        raise
    log.info("episodes of %s are played by the engine %s", environment.name, name)
    return engine
