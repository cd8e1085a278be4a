"""Plans over several steps: made where no single action clears an overload, kept if they hold."""

import logging

import numpy as np
import pytest

from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules import plan as planning
from powrl.player.rules.line_relief import LineRelief
from tests.player.rules import situations
from tests.player.rules.situations import (
    actions_of,
    disconnect,
    legal_in_order,
    overload,
    play,
    wait,
)


@pytest.fixture
def searches(monkeypatch):
    """The searches that were made so far."""
    results = []
    search = planning.search_sequence

    def record(*args, **options):
        results.append(search(*args, **options))
        return results[-1]

    monkeypatch.setattr(planning, "search_sequence", record)
    return results


@pytest.fixture
def overloaded(neurips):
    """A grid in which a line is at 1.3 of its limit, and lines beside it nearly so."""
    return overload(neurips)


def manager_of(environment, **settings):
    return situations.manager_of(
        environment, batch_simulator(environment), safe_rho=0.0, candidates=10_000, **settings
    )


def step(environment, decision):
    observation, _, done, info = play(environment, decision.action)
    assert not done
    assert not info["is_illegal"]
    return observation


def test_a_plan_leads_further_than_single_actions(neurips, overloaded):
    settings = {"plan_goal": 0.8, "plan_width": 5}
    twin = neurips.copy()
    planned, single = manager_of(neurips, **settings), manager_of(twin, plan=False)
    observation, other = overloaded, overloaded
    rules = []
    for _ in range(3):
        decision = planned.decide(observation, legal_in_order)
        rules.append(decision.rule)
        observation = step(neurips, decision)
        other = step(twin, single.decide(other, legal_in_order))
    assert rules[0] == "plan"
    assert observation.rho.max() <= other.rho.max() + 1e-6


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_plans_count_on_a_part_of_what_generators_take_off(neurips, overloaded, share, monkeypatch):
    options = []
    monkeypatch.setattr(planning, "search_sequence", lambda *_, **chosen: options.append(chosen))
    manager = manager_of(neurips, plan_goal=0.5, plan_relief=share, screened=30)
    manager.decide(overloaded, legal_in_order)
    assert options[0]["screened"] == 30
    if not share:
        assert options[0]["relief"] is None
        return
    state = manager.situation(overloaded, legal_in_order).state
    relief = LineRelief(batch_simulator(neurips), manager.grid.generators).at(state)
    np.testing.assert_allclose(options[0]["relief"], share * relief)


def test_the_plan_is_kept_while_it_holds(neurips, overloaded, searches):
    manager = manager_of(neurips, plan_goal=0.5, plan_width=3, critical_rho=0.3)
    first = manager.decide(overloaded, legal_in_order)
    assert first.rule == "plan"
    assert first.candidates[-1].action is first.action
    assert first.chosen is first.candidates[-1]
    second = manager.decide(step(neurips, first), legal_in_order)
    assert len(searches) == 1
    np.testing.assert_array_equal(second.action.set_bus, searches[0].actions[1].set_bus)


def test_another_plan_is_made_when_the_grid_differs(neurips, overloaded, searches):
    manager = manager_of(neurips, plan_goal=0.5, plan_width=3, critical_rho=0.3)
    manager.decide(overloaded, legal_in_order)
    manager.decide(wait(neurips), legal_in_order)
    assert len(searches) == 2


@pytest.mark.parametrize("calm", [False, True])
def test_a_plan_is_over_once_the_grid_has_been_calm(neurips, overloaded, searches, calm):
    """The same observation comes a step late: what lies between decides."""
    manager = manager_of(neurips, plan_goal=0.5, plan_width=3, critical_rho=0.3)
    first = manager.decide(overloaded, legal_in_order)
    observation = step(neurips, first)
    if calm:
        between = observation.copy()
        between.rho[:] = 0.1
        assert manager.decide(between, legal_in_order).rule != "plan"
        observation.current_step += 1
    manager.decide(observation, legal_in_order)
    assert len(searches) == (2 if calm else 1)


def test_a_plan_of_another_episode_is_not_gone_on_with(neurips, overloaded, searches):
    manager = manager_of(neurips, plan_goal=0.5, plan_width=3, critical_rho=0.3)
    observation = step(neurips, manager.decide(overloaded, legal_in_order))
    manager.reset()
    manager.decide(observation, legal_in_order)
    assert len(searches) == 2


def test_no_search_where_one_action_does(neurips, overloaded, searches):
    decision = manager_of(neurips, plan_goal=2.0).decide(overloaded, legal_in_order)
    assert decision.rule == "remedy"
    assert not decision.cut
    assert not searches


def test_a_search_out_of_time_still_answers(neurips, overloaded, searches):
    decision = manager_of(neurips, plan_goal=0.5, seconds=1e-9).decide(overloaded, legal_in_order)
    assert decision.rule == "remedy"
    assert decision.cut
    assert not searches
    assert decision.outcome.max_rho < np.inf


def test_no_search_is_begun_without_simulations_left(neurips, overloaded, searches):
    ranked = manager_of(neurips, plan=False).decide(overloaded, legal_in_order)
    manager = manager_of(neurips, plan_goal=0.5, simulations=len(ranked.candidates))
    decision = manager.decide(overloaded, legal_in_order)
    assert decision.rule == "remedy"
    assert len(decision.candidates) == len(ranked.candidates)
    assert decision.cut
    assert not searches


def test_a_search_out_of_simulations_is_a_cut_plan(neurips, overloaded, searches):
    ranked = manager_of(neurips, plan=False).decide(overloaded, legal_in_order)
    settings = {"plan_goal": 0.5, "plan_width": 2, "plan_depth": 3}
    cut = manager_of(neurips, simulations=len(ranked.candidates) + 1, **settings)
    decision = cut.decide(overloaded, legal_in_order)
    assert decision.rule == "plan"
    assert decision.cut
    whole = manager_of(neurips, **settings).decide(overloaded, legal_in_order)
    assert not whole.cut
    assert [len(sequence.actions) for sequence in searches] == [2, 3]


def test_a_reconnection_is_part_of_the_plan(neurips):
    line = 5
    observation = disconnect(neurips, line, cooldown=0)
    manager = manager_of(neurips, plan_goal=0.1, plan_width=2, critical_rho=0.2)
    decision = manager.decide(observation, legal_in_order)
    assert decision.rule == "plan"
    assert decision.action.set_line_status[line] == 1


def test_a_line_that_can_come_back_is_not_forgotten_over_a_plan(neurips, searches):
    line = 16
    observation = disconnect(neurips, line, cooldown=1)
    manager = manager_of(neurips, plan_goal=0.1, plan_width=2, critical_rho=0.2)
    first = manager.decide(observation, legal_in_order)
    assert first.rule == "plan"
    assert not first.action.set_line_status.any()
    second = manager.decide(step(neurips, first), legal_in_order)
    assert second.action.set_line_status[line] == 1
    assert len(searches) == 2


@pytest.mark.parametrize("plan", [True, False])
def test_where_no_plans_can_be_made_the_log_says_so(neurips, caplog, plan):
    caplog.set_level(logging.INFO)
    actions = actions_of(neurips, maximum_elements=4)
    manager = situations.manager_of(neurips, actions=actions, plan=plan)
    assert "plan" not in [rule.name for rule in manager.rules]
    assert ("no plan: candidates are not evaluated in batches" in caplog.text) is plan
