"""Each private attribute that is read is there, and holds what its function says."""

import numpy as np
import pytest
from grid2op.Opponent import GeometricOpponentMultiArea, OpponentSpace
from grid2op.Rules import BaseRules
from grid2op.VoltageControler import BaseVoltageController

from powrl.environments.opening import Scenarios, open_environment
from powrl.player import grid2op_internals as internals


def test_the_remembered_topology_is_that_of_before_an_outage(case14):
    before = case14.get_obs().topo_vect
    outage = case14.action_space({"set_line_status": [(3, -1)]})
    observation, *_ = case14.step(outage)
    assert (observation.topo_vect == -1).any()
    np.testing.assert_array_equal(internals.remembered_topology(observation), before)


def test_other_parts_of_an_action_are_found(case14):
    action = case14.action_space({"change_bus": [3]})
    assert internals.other_action_parts(action, ["change_bus", "storage"]) == ["change_bus"]


def test_the_legality_rules_are_rules_of_grid2op(case14):
    assert isinstance(internals.legality_rules(case14), BaseRules)


def test_the_grid_model_solves_power_flows(case14):
    grid = internals.grid_model_of(case14.backend)
    assert len(grid.copy().ac_pf(np.ones(grid.total_bus(), dtype=complex), 10, 1e-8))


def test_how_a_backend_was_made_is_told(case14):
    assert not internals.detaches_elements(case14.backend)
    assert not internals.has_distributed_slack(case14.backend)
    assert internals.ends_on_disconnection(case14.backend)


def test_the_opponent_and_its_options(neurips):
    space = internals.opponent_space(neurips)
    assert type(space) is OpponentSpace
    assert "lines_attacked" in internals.opponent_options(neurips)
    facts = internals.attack_facts(space.opponent)
    assert len(facts.lines) == len(internals.opponent_options(neurips)["lines_attacked"])
    assert isinstance(facts.random, np.random.RandomState)
    normalization, period = internals.weighted_attack_facts(space.opponent)
    assert len(normalization) == len(facts.lines)
    assert period > 0


def test_what_an_observation_knows_of_its_dispatch(case14):
    facts = internals.dispatch_facts(case14.get_obs())
    np.testing.assert_array_equal(facts["actual_dispatch"], np.zeros(case14.n_gen))
    assert facts["amount_storage_prev"] == 0
    assert internals.dispatch_facts(object()) is None


def test_what_cuts_storage_and_curtailment(case14):
    assert internals.feasibility_guard(case14).env is case14


def test_slsqp_without_its_wrapper():
    slsqp = internals.sequential_least_squares()
    assert slsqp is None or slsqp.__name__ == "slsqp"


def test_the_opponents_of_the_areas():
    opponent = object.__new__(GeometricOpponentMultiArea)
    opponent.list_opponents = ["north", "south"]
    assert internals.area_opponents(opponent) == ["north", "south"]


def test_the_opponent_that_draws_geometric_waits():
    environment = open_environment(Scenarios("l2rpn_icaps_2021"))
    environment.seed(0)
    environment.reset()
    opponent = internals.opponent_space(environment).opponent
    ratio, waits, durations, count = internals.geometric_attack_facts(opponent)
    environment.close()
    assert ratio > 0
    assert len(waits) == len(durations)
    assert count == 0


def test_redispatching(case14):
    epsilon, tolerance = internals.redispatching_tolerances(case14)
    assert 0 < epsilon <= tolerance
    assert callable(getattr(internals.redispatching_solver(case14), "solve", None)) or (
        internals.redispatching_solver(case14) is not None
    )


def test_the_voltage_controller(case14):
    assert isinstance(internals.voltage_controller(case14), BaseVoltageController)


def test_forecast_horizons_and_the_order_of_scenarios(case14):
    data = case14.chronics_handler.real_data
    assert internals.forecast_horizons(data.data) == 1
    assert internals.scenario_order(data) == [0, 1]


@pytest.mark.parametrize("name", ["legality_rules", "opponent_space", "voltage_controller"])
def test_an_attribute_that_is_gone_is_named(name):
    with pytest.raises(AttributeError, match="_"):
        getattr(internals, name)(object())
