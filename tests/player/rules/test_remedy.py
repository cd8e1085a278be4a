"""On an overload the first safe action is taken, else the least harmful."""

import time

import numpy as np
import pytest

from powrl.player.actions.action_set import ActionSet
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.decision import Decision
from powrl.player.rules.remedy import Remedy
from powrl.reduction.enumeration import unitary_topologies
from tests.player.rules.situations import Scripted, rule_of, situation_of


@pytest.fixture(params=[1, 2, 3])
def batch_size(request):
    """However many are simulated at once, the decision and its reason are the same."""
    return request.param


class Choice:
    """Remedy where doing nothing leads to the first load, and the actions to the others."""

    def __init__(self, environment):
        self.environment = environment
        self.observation = environment.get_obs()
        layout = GridLayout.from_grid2op(environment)
        self._layout, self._all = layout, unitary_topologies(layout).actions

    def __call__(self, simulator, n_actions, clock=None, base=None, **settings):
        settings = {"critical_rho": 0.95, "safe_rho": 0.9, "counted_from": 2.0, **settings}
        self.actions = ActionSet(self._layout, self._all[:n_actions])
        situation = situation_of(
            self.environment,
            self.observation,
            simulator,
            rank=lambda _: range(n_actions + 1),
            clock=clock,
            actions=self.actions,
            **settings,
        )
        rule = rule_of(Remedy, self.environment, simulator, **settings)
        return rule.apply(situation, base or situation.nothing)

    def among(self, loads, batch_size, **settings):
        return self(Scripted(loads, batch_size), len(loads) - 1, **settings)

    def label(self, number):
        return self.actions.describe(number)


@pytest.fixture
def choose(case14):
    return Choice(case14)


def test_the_first_safe_action_is_taken(choose, batch_size):
    decision = choose.among([1.2, 1.0, 0.85, 0.7], batch_size)
    assert decision.rule == "remedy"
    assert decision.choice == choose.label(1)
    action = choose.actions.played_in(choose.observation.topo_vect, 1)
    np.testing.assert_array_equal(decision.action.set_bus, action.set_bus)
    loads = [candidate.outcome.max_rho for candidate in decision.candidates]
    assert loads == [1.2, 1.0, 0.85]
    assert decision.outcome.max_rho == 0.85


def test_else_the_least_harmful(choose, batch_size):
    decision = choose.among([1.2, 1.1, 1.05, 1.3], batch_size)
    assert decision.choice == choose.label(1)
    assert decision.outcome.max_rho == 1.05


def test_nothing_is_done_when_that_is_safe(choose, batch_size):
    decision = choose.among([0.8, 0.7], batch_size)
    assert decision.choice == "do nothing"
    assert len(decision.candidates) == 1


def test_nothing_is_done_when_all_else_is_worse(choose, batch_size):
    assert choose.among([1.2, np.inf, 1.3], batch_size).choice == "do nothing"


def test_no_more_candidates_than_allowed(choose, batch_size):
    decision = choose.among([1.2, 1.1, 1.0, 0.1], batch_size, candidates=2)
    assert decision.choice == choose.label(1)
    assert len(decision.candidates) == 3


def test_the_overloaded_lines_are_named(choose, batch_size):
    choose.observation.rho[:] = 0.1
    choose.observation.rho[[3, 7]] = 0.96
    assert choose.among([1.2, 0.5], batch_size).lines == (3, 7)


@pytest.mark.parametrize(("seconds", "simulated"), [(0, [4]), (22, [4, 16, 4]), (np.inf, [4, 56])])
def test_where_all_are_simulated_as_many_at_once_as_time_allows(
    choose, monkeypatch, seconds, simulated
):
    """One takes a second: 4 leave 18 of 22 seconds, enough for 4 batches of 4, and so on."""
    simulator = Scripted([1.2] * 60, 4)
    monkeypatch.setattr(time, "perf_counter", lambda: sum(simulator.sizes))
    clock = Clock()
    clock.limit(seconds)
    choose(simulator, 59, clock, safe_rho=0.0, candidates=100)
    assert simulator.sizes == simulated
    assert clock.was_cut is (seconds < 60)


@pytest.mark.parametrize(
    ("simulations", "simulated", "cut"),
    [(1, 4, True), (4, 4, True), (5, 8, True), (8, 8, True), (9, 12, False), (99, 12, False)],
)
def test_once_the_simulations_are_used_up_no_batch_is_begun(choose, simulations, simulated, cut):
    simulator, clock = Scripted([1.2] * 20, 4), Clock(simulations)
    decision = choose(simulator, 11, clock)
    assert len(decision.candidates) == sum(simulator.sizes) == simulated
    assert clock.was_cut is cut


def test_a_safe_action_in_the_last_batch_is_no_cut(choose):
    clock = Clock(4)
    choose(Scripted([1.2, 1.1, 0.5, 0.4, 0.3], 4), 4, clock)
    assert not clock.was_cut


def test_screening_simulates_the_best_by_estimated_loads_in_the_order_of_the_policy(neurips):
    choose, simulator = Choice(neurips), batch_simulator(neurips)
    everything = choose(simulator, 120, safe_rho=0.0, candidates=120)
    screened = choose(simulator, 120, safe_rho=0.0, candidates=120, screened=10)
    assert len(everything.candidates) > 60
    assert len(screened.candidates) == 1 + 10
    assert screened.choice == everything.choice
    order = [candidate.label for candidate in everything.candidates]
    places = [order.index(candidate.label) for candidate in screened.candidates]
    assert places == sorted(places)


def test_screening_looks_at_the_candidates_of_the_policy_alone(neurips):
    choose, simulator = Choice(neurips), batch_simulator(neurips)
    plain = choose(simulator, 120, safe_rho=0.0, candidates=20)
    screened = choose(simulator, 120, safe_rho=0.0, candidates=20, screened=10)
    labels = {candidate.label for candidate in plain.candidates}
    assert {candidate.label for candidate in screened.candidates} < labels


def test_nothing_is_screened_where_nothing_can_be_estimated(neurips, monkeypatch):
    choose, simulator = Choice(neurips), batch_simulator(neurips)
    monkeypatch.setattr(simulator, "estimate_topologies", lambda *_: None)
    decision = choose(simulator, 60, safe_rho=0.0, candidates=60, screened=10)
    assert len(decision.candidates) > 30


def test_nothing_is_screened_beside_a_reconnection(neurips):
    """It is not part of the estimate."""
    choose, simulator = Choice(neurips), batch_simulator(neurips)
    alone = Decision(GridAction.of_line(simulator.positions, 0, -1))
    decision = choose(simulator, 60, safe_rho=0.0, candidates=60, screened=10, base=alone)
    assert len(decision.candidates) > 30
