"""A calm grid is brought back to its nominal topology."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.recovery import Recovery, recoveries_in
from tests.player.rules.situations import (
    Scripted,
    changed_by,
    play,
    rule_of,
    situation_of,
    split,
)


def recover(environment, observation, *simulator, **settings):
    return changed_by(Recovery, environment, observation, *simulator, **settings)


def test_a_split_substation_is_brought_back(case14):
    observation = split(case14)
    decision = recover(case14, observation, recovery_rho=2.0)
    assert decision.rule == "recovery"
    assert decision.outcome is decision.candidates[0].outcome
    after, _, _, info = play(case14, decision.action)
    assert not info["is_illegal"]
    assert set(after.topo_vect) == {1}


def test_nothing_to_recover(case14):
    assert recover(case14, case14.get_obs(), recovery_rho=2.0) is None


def test_not_in_a_loaded_grid(case14):
    observation = split(case14)
    assert recover(case14, observation, recovery_rho=0.01) is None


def test_not_while_the_substation_is_in_cooldown(case14):
    observation = split(case14)
    observation.time_before_cooldown_sub[:] = 1
    assert recover(case14, observation, recovery_rho=2.0) is None


def test_not_when_the_simulation_is_too_loaded(case14):
    observation = split(case14)
    assert recover(case14, observation, Scripted([1.99]), recovery_rho=1.5) is None


def test_not_where_a_rule_before_it_does_something(case14):
    situation = situation_of(case14, split(case14))
    reconnected = replace(situation.nothing, rule="reconnection")
    rule = rule_of(Recovery, case14, recovery_rho=2.0)
    assert rule.apply(situation, reconnected) is reconnected
    assert rule.apply(situation, situation.nothing).rule == "recovery"


WAY = {"recovery_rho": 0.9, "recovery_way_rho": 0.97}


def nominal_has(monkeypatch, load):
    monkeypatch.setattr(Recovery, "_nominal_rho", lambda *_: load)


def test_on_the_way_to_a_better_topology_more_load_is_allowed(case14, monkeypatch):
    observation = split(case14)
    observation.rho[:] = np.minimum(observation.rho, 0.95)
    observation.rho[0] = 0.95
    nominal_has(monkeypatch, 0.7)
    assert recover(case14, observation, Scripted([0.96]), **WAY).rule == "recovery"
    assert recover(case14, observation, Scripted([0.98]), **WAY) is None
    nominal_has(monkeypatch, 0.91)
    assert recover(case14, observation, Scripted([0.96]), **WAY) is None


def test_the_nominal_topology_is_simulated_as_a_whole(case14):
    simulator = batch_simulator(case14)
    situation = situation_of(case14, split(case14), simulator)
    rule = rule_of(Recovery, case14, simulator)
    (way,) = recoveries_in(rule.grid, situation.observation)
    (outcome,) = situation.simulate([way[1]])
    assert rule._nominal_rho(situation) == pytest.approx(outcome.max_rho, abs=1e-6)
