"""Safe actions compete on what the loss of one more line does."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.maintenance import in_maintenance_within
from powrl.player.rules.remedy import Remedy
from powrl.player.rules.rule import Unavailable
from powrl.player.rules.security import GAME_OVER_HARM, Security
from tests.player.rules.situations import actions_of, overload, rule_of, situation_of

SETTINGS = {"safe_rho": 0.0, "candidates": 10_000, "critical_rho": 0.95, "secure": 200}


@pytest.fixture
def overloaded(case14):
    return overload(case14, (1.02, 0.8, 0.7))


def secured(environment, observation, clock=None, **changes):
    settings, simulator = {**SETTINGS, **changes}, batch_simulator(environment)
    actions = actions_of(environment)
    situation = situation_of(
        environment, observation, simulator, actions=actions, clock=clock, **settings
    )
    remedy = rule_of(Remedy, environment, simulator, **settings).apply(situation, situation.nothing)
    if clock:
        clock.count(10**6)
    after = rule_of(Security, environment, simulator, **settings).apply(situation, remedy)
    return remedy, after


def harm_by_simulate(environment, observation, candidate, lines):
    """What the losses do, by grid2op's own simulate of both at once."""
    harm = 0.0
    for line in lines:
        loss = GridAction.nothing(Positions.from_grid2op(environment))
        loss.set_line_status[line] = -1
        both = (candidate.action + loss).to_grid2op(environment.action_space)
        after, _, done, _ = observation.simulate(both)
        harm += GAME_OVER_HARM if done else float(np.clip(after.rho.max() - 1, 0, GAME_OVER_HARM))
    return harm


def test_the_safe_action_that_outages_harm_least_is_taken(case14, overloaded):
    names = [str(name) for name in case14.name_line[[1, 2, 3]]]
    remedy, decision = secured(case14, overloaded, outages=names, outage_load=2.0)
    assert decision.rule == "security"
    safe = [one for one in remedy.candidates if one.outcome.max_rho < 0.95]
    assert len(safe) > 5
    harms = {one.label: harm_by_simulate(case14, overloaded, one, [1, 2, 3]) for one in safe}
    assert harms[decision.choice] == pytest.approx(min(harms.values()), abs=1e-3)
    assert harms[decision.choice] < harms[remedy.choice]
    assert decision.outcome.max_rho < 0.95


def test_heavy_lines_are_among_the_outages(case14, overloaded):
    remedy, decision = secured(case14, overloaded, outage_load=0.5)
    assert decision.choice != remedy.choice
    assert secured(case14, overloaded, outage_load=2.0)[1].choice == remedy.choice


def test_lines_to_be_in_maintenance_are_among_them(case14, overloaded):
    overloaded.time_next_maintenance[:] = -1
    overloaded.time_next_maintenance[[1, 2, 3]] = 7, 0, 8
    assert np.flatnonzero(in_maintenance_within(overloaded, 7)).tolist() == [1]
    loads = {"outage_load": 2.0}
    early = secured(case14, overloaded, maintenance_steps=6, **loads)
    late = secured(case14, overloaded, maintenance_steps=8, **loads)
    assert early[1] is early[0] or early[1].choice == early[0].choice
    assert late[1].choice != late[0].choice


def test_none_competes_with_one_that_no_outage_harms(case14, overloaded, monkeypatch):
    looks, harm = [], Security._harm
    monkeypatch.setattr(Security, "_harm", lambda *args: looks.append(args) or harm(*args))
    secured(case14, overloaded, outage_load=2.0)
    assert len(looks) == 1


def test_no_safe_action_no_choice(case14, overloaded):
    remedy, decision = secured(case14, overloaded, critical_rho=0.01)
    assert decision is remedy


def test_so_many_of_the_best_compete(case14, overloaded):
    remedy, decision = secured(case14, overloaded, secure=1, outage_load=0.5)
    assert decision is remedy


def test_a_clock_ends_the_competition(case14, overloaded):
    remedy, decision = secured(case14, overloaded, clock=Clock(10**6), outage_load=0.5)
    assert decision is remedy


def test_what_it_needs(case14):
    assert isinstance(rule_of(Security, case14, secure=1), Unavailable)
    with pytest.raises(ValueError, match="outages"):
        rule_of(Security, case14, batch_simulator(case14), secure=1, outages=[3])
    assert not replace(Security.Settings(), secure=0).is_on
