"""A calm grid is made ready for planned maintenance."""

import numpy as np
import pytest

from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.preparation import Preparation
from powrl.player.rules.recovery import Recovery
from powrl.player.rules.rule import Unavailable
from tests.player.rules.situations import (
    disconnect,
    overload,
    play,
    rule_of,
    situation_of,
)

LINE = 1
SETTINGS = {"prepare_steps": 6, "critical_rho": 0.95}


@pytest.fixture
def calm(case14):
    """A grid that is calm, but not without the line."""
    return announced(overload(case14, (0.9, 0.8, 0.7)))


def announced(observation, steps=6):
    observation.time_next_maintenance[:] = -1
    observation.time_next_maintenance[LINE] = steps
    return observation


def prepare(environment, observation, before=None, **changes):
    settings, simulator = {**SETTINGS, **changes}, batch_simulator(environment)
    situation = situation_of(environment, observation, simulator, **settings)
    decision = before or situation.nothing
    rule = rule_of(Preparation, environment, simulator, **settings)
    return situation, rule.apply(situation, decision)


def load_without_the_line(environment, observation):
    """What grid2op simulates of the loss."""
    opened = environment.action_space({"set_line_status": [(LINE, -1)]})
    after, _, done, _ = observation.simulate(opened)
    return np.inf if done else after.rho.max()


def test_it_plays_what_leaves_less_overload_then_and_none_now(case14, calm):
    before = load_without_the_line(case14, calm)
    assert before > 0.95
    _, decision = prepare(case14, calm)
    assert decision.rule == "preparation"
    assert decision.lines == (LINE,)
    assert decision.outcome.max_rho < 0.95
    after, _, _, info = play(case14, decision.action)
    assert not info["is_illegal"]
    after.time_before_cooldown_line[:] = 0
    assert load_without_the_line(case14, after) < before


@pytest.mark.parametrize("steps", [7, 0, -1])
def test_it_waits_for_its_time(case14, calm, steps):
    situation, decision = prepare(case14, announced(calm, steps))
    assert decision is situation.nothing


def test_not_where_the_grid_is_ready(case14, calm):
    situation, decision = prepare(case14, calm, critical_rho=2.0)
    assert decision is situation.nothing


def test_not_where_the_line_is_out_already(case14):
    observation = announced(disconnect(case14, LINE))
    situation, decision = prepare(case14, observation, critical_rho=0.01)
    assert decision is situation.nothing


def test_a_recovery_that_would_undo_it_waits(case14, calm):
    _, prepared = prepare(case14, calm)
    observation, *_ = play(case14, prepared.action)
    observation.time_before_cooldown_sub[:] = 0
    simulator = batch_simulator(case14)
    settings = {"recovery_rho": 2.0}
    situation = situation_of(case14, announced(observation), simulator, **settings)
    recovery = rule_of(Recovery, case14, simulator, **settings).apply(situation, situation.nothing)
    assert recovery.rule == "recovery"
    loads = [
        load_without_the_line(case14, observation),
        load_without_the_line(case14, play(case14.copy(), recovery.action)[0]),
    ]
    between = float(sum(loads) / 2)
    assert loads[0] < between < loads[1]
    situation, decision = prepare(case14, observation, recovery, critical_rho=between)
    assert decision is situation.nothing


def test_it_needs_batches(case14):
    assert isinstance(rule_of(Preparation, case14, **SETTINGS), Unavailable)
