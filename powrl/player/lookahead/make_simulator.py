"""Which simulator evaluates candidates on an environment: the batched one where it can."""

from __future__ import annotations

import logging

from ..errors import PowrlError
from ..grid.grid2op_objects import Environment
from ..grid.layout import GridLayout
from ..grid.template import open_grid_template
from .batch import BatchSimulator
from .dispatcher import Dispatcher, knows_dispatch
from .forecast import ForecastSimulator
from .game_rules import Rules
from .grid_model import GridModel, is_lightsim, not_modelled
from .outcome import Simulator

log = logging.getLogger(__name__)


def choose_simulator(environment: Environment) -> Simulator:
    """The batched simulator, or grid2op's own `simulate` where the former cannot be had.

    Both give the same outcomes; which one it is, and why, is logged (level INFO).

    Parameters
    ----------
    environment:
        A grid2op environment that has been reset.
    """
    try:
        simulator: Simulator = batch_simulator(environment)
    except PowrlError as reason:
        log.info("candidates are evaluated one by one by grid2op's simulate: %s", reason)
        return ForecastSimulator()
    log.info("candidates are evaluated in batches on lightsim2grid's grid model")
    return simulator


def batch_simulator(environment: Environment) -> BatchSimulator:
    """The batched simulator on the grid, and by the rules, that `simulate` has.

    grid2op simulates in an environment of its own, whose grid file and parameters may differ from
    those that are played (``grid2op.Observation.ObservationSpace.obs_env``). An environment of
    another backend, such as the templates of the ingestion programs of 2020 and 2021, is opened
    once more on lightsim2grid's.

    Raises
    ------
    PowrlError
        It cannot give what `simulate` gives.
    """
    reason = not_modelled(environment.backend)
    if reason is not None:
        raise PowrlError(reason)
    forecast = environment.observation_space.obs_env
    if forecast is None:
        raise PowrlError("this environment has no grid to simulate on")
    if "shunt" in environment.action_space.actionClass.authorized_keys:
        raise PowrlError(
            "actions may change shunts here, which the batch does not follow; in its config.py the "
            "action_class PlayableAction has none"
        )
    if is_lightsim(environment.backend):
        grid = GridModel(forecast.backend)
    else:
        grid = _grid_of_folder(environment)
    dispatcher = Dispatcher.from_environment(forecast) if knows_dispatch(forecast) else None
    return BatchSimulator(grid, Rules.from_environment(forecast), dispatcher)


def _grid_of_folder(environment: Environment) -> GridModel:
    """The grid that an environment's folder has, read by lightsim2grid."""
    folder = environment.get_path_env()
    with open_grid_template(folder) as same:
        GridLayout.from_grid2op(environment).require_same(
            GridLayout.from_grid2op(same), f"the environment of {folder}"
        )
        return GridModel(same.observation_space.obs_env.backend)
