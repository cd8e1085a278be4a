"""A small grid whose lines are overloaded, and what plays it."""

import numpy as np
import pytest

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.grid.grid import Grid
from powrl.player.grid.layout import GridLayout
from powrl.reduction.enumeration import unitary_topologies
from powrl.reduction.states import collect_states, lines_taken_out


@pytest.fixture(scope="module")
def engine():
    """14 substations; the limits are so low that lines are overloaded at times."""
    engine = open_engine("fast", Scenarios("l2rpn_case14_sandbox"), cached=False)
    engine.grid.set_thermal_limit(engine.grid.get_thermal_limit() * np.float32(0.75))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def actions(engine):
    return unitary_topologies(GridLayout.from_grid2op(engine.grid), maximum_elements=6)


@pytest.fixture(scope="module")
def collect(engine, actions):
    """Collect states of the first scenario."""

    def run(limit, seed=0, max_steps=0):
        return collect_states(
            engine.start(engine.scenarios[0], seed),
            Grid.from_grid2op(engine.grid.action_space),
            engine.simulator(),
            actions,
            lines_taken_out(engine.grid),
            0.95,
            limit,
            np.random.default_rng(seed),
            max_steps=max_steps,
        )

    return run
