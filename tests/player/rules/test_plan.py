"""Plans over several steps: made where no single action clears an overload, kept if they hold."""

import logging

import numpy as np
import pytest

from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules import plan as planning
from powrl.player.rules.manager import OverloadManager
from powrl.player.rules.settings import OverloadSettings
from powrl.reduction.enumeration import unitary_topologies


def in_order(_, allowed):
    return np.flatnonzero(allowed)


@pytest.fixture
def searches(monkeypatch):
    """How many searches were made so far."""
    made = []
    search = planning.search_sequence
    monkeypatch.setattr(
        planning, "search_sequence", lambda *args: made.append(search(*args)) or made[-1]
    )
    return made


@pytest.fixture
def overloaded(neurips):
    """A grid in which a line is at 1.3 of its limit, and lines beside it nearly so."""
    rho = neurips.get_obs().rho
    limits = neurips.get_thermal_limit()
    worst = np.argsort(-rho)[:4]
    limits[worst] *= rho[worst] / np.array([1.3, 1.1, 1.0, 1.0])
    neurips.set_thermal_limit(limits)
    observation, _, done, _ = neurips.step(neurips.action_space({}))
    assert not done
    return observation


def manager_of(environment, **settings):
    actions = unitary_topologies(GridLayout.of(environment))
    return OverloadManager(
        Positions.of(environment),
        actions,
        batch_simulator(environment),
        OverloadSettings(safe_rho=0.0, candidates=10_000, **settings),
    )


def step(environment, decision):
    observation, _, done, info = environment.step(
        decision.action.to_grid2op(environment.action_space)
    )
    assert not done
    assert not info["is_illegal"]
    return observation


def disconnect(environment, line, cooldown):
    """Open a line, and wait until so many steps are left of its cooldown."""
    opening = environment.action_space({"set_line_status": [(line, -1)]})
    observation, _, done, _ = environment.step(opening)
    while observation.time_before_cooldown_line[line] > cooldown:
        observation, _, done, _ = environment.step(environment.action_space({}))
        assert not done
    return observation


def test_a_plan_leads_further_than_single_actions(neurips, overloaded):
    settings = {"plan_goal": 0.8, "plan_width": 5}
    twin = neurips.copy()
    planned, single = manager_of(neurips, **settings), manager_of(twin, plan=False)
    observation, other = overloaded, overloaded
    rules = []
    for _ in range(3):
        decision = planned.decide(observation, in_order)
        rules.append(decision.rule)
        observation = step(neurips, decision)
        other = step(twin, single.decide(other, in_order))
    assert rules[0] == "plan"
    assert observation.rho.max() <= other.rho.max() + 1e-6


def test_the_plan_is_kept_while_it_holds(neurips, overloaded, searches):
    manager = manager_of(neurips, plan_goal=0.5, plan_width=3, critical_rho=0.3)
    first = manager.decide(overloaded, in_order)
    assert first.rule == "plan"
    assert first.candidates[-1].action is first.action
    second = manager.decide(step(neurips, first), in_order)
    assert len(searches) == 1
    np.testing.assert_array_equal(second.action.set_bus, searches[0].actions[1].set_bus)


def test_another_plan_is_made_when_the_grid_differs(neurips, overloaded, searches):
    manager = manager_of(neurips, plan_goal=0.5, plan_width=3, critical_rho=0.3)
    manager.decide(overloaded, in_order)
    observation, _, done, _ = neurips.step(neurips.action_space({}))
    assert not done
    manager.decide(observation, in_order)
    assert len(searches) == 2


def test_no_search_where_one_action_does(neurips, overloaded, searches):
    decision = manager_of(neurips, plan_goal=2.0).decide(overloaded, in_order)
    assert decision.rule == "remedy"
    assert not searches


def test_a_search_out_of_time_still_answers(neurips, overloaded, searches):
    decision = manager_of(neurips, plan_goal=0.5, seconds=1e-9).decide(overloaded, in_order)
    assert decision.rule == "remedy"
    assert not searches
    assert decision.outcome.max_rho < np.inf


def test_a_reconnection_is_part_of_the_plan(neurips):
    line = 5
    observation = disconnect(neurips, line, cooldown=0)
    manager = manager_of(neurips, plan_goal=0.1, plan_width=2, critical_rho=0.2)
    decision = manager.decide(observation, in_order)
    assert decision.rule == "plan"
    assert decision.action.set_line_status[line] == 1


def test_a_line_that_can_come_back_is_not_forgotten_over_a_plan(neurips, searches):
    line = 16
    observation = disconnect(neurips, line, cooldown=1)
    manager = manager_of(neurips, plan_goal=0.1, plan_width=2, critical_rho=0.2)
    first = manager.decide(observation, in_order)
    assert first.rule == "plan"
    assert not first.action.set_line_status.any()
    second = manager.decide(step(neurips, first), in_order)
    assert second.action.set_line_status[line] == 1
    assert len(searches) == 2


def test_where_no_plans_can_be_made_the_log_says_so(neurips, caplog):
    caplog.set_level(logging.INFO)
    actions = unitary_topologies(GridLayout.of(neurips), maximum_elements=4)
    OverloadManager(Positions.of(neurips), actions, ForecastSimulator(), OverloadSettings())
    assert "no plans: candidates are not evaluated in batches" in caplog.text
