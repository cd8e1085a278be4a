"""Where the rules of the game count changes by area, each area has an action of its own."""

from dataclasses import replace

import numpy as np
import pytest
from grid2op.Rules import RulesByArea

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.plan import Plan
from powrl.player.rules.remedy import Remedy
from powrl.player.rules.rule import Unavailable
from powrl.player.rules.substations import Substations
from tests.player.rules.situations import (
    actions_of,
    grid_of,
    overload,
    play,
    rule_of,
    situation_of,
)

AREAS = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9, 10, 11, 12, 13]]
SETTINGS = {"by_area": True, "safe_rho": 0.0, "candidates": 10_000, "critical_rho": 0.9}


@pytest.fixture(scope="module")
def opened():
    environment = open_environment(
        Scenarios("rte_case14_realistic"), gamerules_class=RulesByArea(AREAS)
    )
    yield environment
    environment.close()


@pytest.fixture(scope="module")
def decided(opened):
    """An overload with the decision of the remedy, and that by area."""
    start_episode(opened, 0, 0)
    observation = overload(opened, (1.2, 1.2))
    return observation, *combined(opened, observation)


def combined(environment, observation, clock=None, **changes):
    settings, simulator = {**SETTINGS, **changes}, batch_simulator(environment)
    actions = actions_of(environment)
    situation = situation_of(
        environment, observation, simulator, actions=actions, clock=clock, **settings
    )
    remedy = rule_of(Remedy, environment, simulator, **settings).apply(situation, situation.nothing)
    after = rule_of(Substations, environment, simulator, **settings).apply(situation, remedy)
    return situation, remedy, after


def areas_of(environment, action):
    substations = grid_of(environment).positions.substation[action.set_bus != 0]
    return [len(set(substations.tolist()) & set(area)) for area in AREAS]


def test_two_substations_leave_less_overload_than_one(opened, decided):
    _, situation, remedy, decision = decided
    assert decision.rule == "substations"
    assert situation.rank(decision.outcome) < situation.rank(remedy.outcome)
    assert areas_of(opened, decision.action) == [1, 1]
    assert decision.choice.count("on busbar 2") == 2
    assert decision.candidates[: len(remedy.candidates)] == remedy.candidates


def test_all_of_them_are_legal_and_another_area_each(opened, decided):
    _, _, remedy, decision = decided
    combinations = decision.candidates[len(remedy.candidates) :]
    assert len(combinations) > 20
    assert len({one.action.key for one in combinations}) == len(combinations)
    for candidate in combinations:
        assert areas_of(opened, candidate.action) == [1, 1]
        assert candidate.outcome.legal


def test_grid2op_plays_it(opened, decided):
    observation, _, _, decision = decided
    simulated, *_ = observation.simulate(decision.action.to_grid2op(opened.action_space))
    np.testing.assert_allclose(simulated.rho, decision.outcome.rho, atol=1e-5)
    _, _, _, info = play(opened, decision.action)
    assert not info["is_illegal"]


def test_a_safe_action_stays_alone(opened, decided):
    observation, *_ = decided
    _, remedy, decision = combined(opened, observation, critical_rho=2.0)
    assert decision is remedy


def test_a_plan_of_single_actions_has_to_end_with_less(opened, decided):
    _, situation, remedy, decision = decided
    plan = rule_of(Plan, opened, situation.solved.simulator, plan_goal=0.9, plan_depth=1)
    assert plan.apply(situation, remedy).rule == "plan"
    assert plan.apply(situation, decision) is decision


def test_a_clock_ends_the_combinations(opened, decided):
    observation, *_ = decided
    _, remedy, decision = combined(opened, observation, clock=Clock(1))
    assert decision.candidates == remedy.candidates


def test_only_where_there_are_areas(case14):
    simulator = batch_simulator(case14)
    assert isinstance(rule_of(Substations, case14, simulator, **SETTINGS), Unavailable)
    one = replace(simulator.rules, areas=simulator.rules.areas * 2)
    simulator.rules = one
    assert isinstance(rule_of(Substations, case14, simulator, **SETTINGS), Substations)
    assert isinstance(rule_of(Substations, case14, **SETTINGS), Unavailable)
