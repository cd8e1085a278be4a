"""Storage and curtailment on a real grid: predicted as they act, kept in limits, given back."""

from contextlib import closing

import numpy as np
import pytest
from grid2op.Action import PlayableAction

from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.curtailment import Curtailment
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.storage import Storage
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.dispatch_memory import DispatchMemory
from powrl.player.rules.redispatching import Redispatching
from tests.player.rules.situations import RuleAlone, play, wait

SETTINGS = {
    "redispatch": True,
    "storage": True,
    "curtail": True,
    "redispatch_spare_steps": 0,
    "redispatch_reserve": 0.0,
    "forecast_margin": 0.5,
}


@pytest.fixture
def grid():
    """14 substations with two storage units, whose time series can be forecast."""
    scenarios = Scenarios("educ_case14_storage")
    with closing(open_environment(scenarios, action_class=PlayableAction)) as environment:
        parameters = environment.parameters
        parameters.NO_OVERFLOW_DISCONNECTION = True
        environment.change_parameters(parameters)
        environment.seed(0)
        environment.reset()
        for _ in range(3):
            wait(environment)
        yield environment


def limit(environment, line, load):
    """Set the limit of a line so that it is at about a load in the next step, and go there."""
    limits = environment.get_thermal_limit()
    limits[line] *= environment.get_obs().rho[line] / load
    environment.set_thermal_limit(limits)
    wait(environment)


def near_storage(environment):
    """A line at the substation of the first storage unit."""
    at = environment.storage_to_subid[0]
    ends = (environment.line_or_to_subid == at) | (environment.line_ex_to_subid == at)
    return int(np.flatnonzero(ends)[environment.get_obs().rho[ends].argmax()])


def played(environment, rule, steps):
    """Actions and observations of the rule alone."""
    nothing = GridAction.nothing(Positions.from_grid2op(environment))
    observation, history = environment.get_obs(), []
    for _ in range(steps):
        decision = rule.decide(observation)
        action = decision.action if decision else nothing
        observation, _, done, info = play(environment, action)
        assert not done
        assert not any(info[key] for key in ("is_illegal", "is_ambiguous", "exception"))
        history.append((action, observation))
    return history


def rule_of(environment, **settings):
    simulator = batch_simulator(environment)
    return RuleAlone(Redispatching, environment, simulator, **{**SETTINGS, **settings})


def test_an_overload_is_relieved_as_foreseen_and_all_is_given_back(grid):
    line = near_storage(grid)
    limit(grid, line, 1.03)
    rule, idle = rule_of(grid, storage_level=0.0), grid.copy()
    before = wait(idle)
    ((action, after),) = played(grid, rule, 1)
    foreseen = rule.memory.part(DispatchMemory).foresees()
    assert np.abs(foreseen - after.rho).max() < 0.03
    assert action.part(Storage) is not None
    assert after.rho[line] < before.rho[line] - 0.05
    grid.set_thermal_limit(2 * grid.get_thermal_limit())
    *_, (_, calm) = played(grid, rule, 10)
    assert (calm.curtailment_limit == 1).all()
    assert not calm.storage_power.any()
    assert np.abs(calm.actual_dispatch).max() < 1


def test_an_overload_that_lasts_does_not_take_more_than_the_storage_units_have(grid):
    limit(grid, near_storage(grid), 1.3)
    for _, observation in played(grid, rule_of(grid), 20):
        charge = observation.storage_charge
        assert (charge >= grid.storage_Emin - 1e-3).all()
        assert (charge <= grid.storage_Emax + 1e-3).all()


def test_a_wind_farm_is_curtailed_and_released(grid):
    rule = rule_of(grid, storage=False, curtailment_cost=0.0)
    farms = np.flatnonzero(grid.gen_renewable)
    farm = int(grid.get_obs().gen_p[farms].argmax())
    state = batch_simulator(grid).state_of(grid.get_obs())
    slopes = rule.rule._planner._cases._sensitivity.at(state).slopes.all()
    slopes = slopes[:, int(grid.gen_redispatchable.sum()) :]
    limit(grid, int(slopes[:, farm].argmax()), 1.05)
    history = played(grid, rule, 2)
    assert history[0][0].part(Curtailment) is not None
    assert history[-1][1].curtailment_limit[farms[farm]] < 1
    grid.set_thermal_limit(2 * grid.get_thermal_limit())
    *_, (_, calm) = played(grid, rule, 10)
    assert (calm.curtailment_limit == 1).all()


def test_a_calm_grid_is_left_alone(grid):
    grid.set_thermal_limit(2 * grid.get_thermal_limit())
    wait(grid)
    assert all(action.is_nothing for action, _ in played(grid, rule_of(grid, storage_level=0.0), 6))
