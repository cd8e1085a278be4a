"""Lines that opponents attack by their load: kept low while their loss would do harm."""

import numpy as np
import pytest

from powrl.player.grid.positions import Positions
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.case import Case
from powrl.player.rules.exposure import LOW_LOAD, Exposure
from powrl.player.rules.redispatching import Redispatching
from tests.player.rules.array_slopes import array_slopes
from tests.player.rules.situations import RuleAlone, actions_of, play, situation_of, wait

LINE = "62_58_180"


def number_of(environment, name=LINE):
    return list(environment.name_line).index(name)


def case_of(environment, lines, limit_factor=1.0, clock=None, out=None):
    """What the loads of some lines cost (5 for a load of 1), at limits times a factor."""
    environment.set_thermal_limit(environment.get_thermal_limit() * limit_factor)
    simulator = batch_simulator(environment)
    observation = wait(environment)
    actions = actions_of(environment, maximum_elements=4)
    situation = situation_of(environment, observation, simulator, clock=clock, actions=actions)
    state = situation.state
    if out is not None:
        state = state.without_line(Positions.from_grid2op(environment), out)
    rho = np.asarray(observation.rho, dtype=float)
    present = Case(rho, array_slopes(np.zeros((len(rho), 3))), 0.9, 1.0)
    return Exposure(simulator, lines).case(situation, state, present, 5.0)


def test_a_line_whose_loss_does_harm_costs_by_its_load_alone(neurips):
    line = number_of(neurips)
    case = case_of(neurips, [line])
    assert case.limit == LOW_LOAD
    assert np.flatnonzero(case.weight).tolist() == [line]
    assert case.weight[line] == 5.0


def test_a_line_whose_loss_does_none_costs_nothing(neurips):
    assert case_of(neurips, [number_of(neurips)], limit_factor=10.0) is None


def test_a_line_that_is_out_costs_nothing(neurips):
    line = number_of(neurips)
    assert case_of(neurips, [line], out=line) is None


def test_without_time_nothing_is_looked_at(neurips):
    clock = Clock(0)
    assert case_of(neurips, [number_of(neurips)], clock=clock) is None


def test_generators_lower_the_load_of_an_exposed_line(neurips):
    twin, line = neurips.copy(), number_of(neurips)
    settings = {"redispatch": True, "exposed": (LINE,), "exposed_weight": 20_000.0}
    rule = RuleAlone(Redispatching, neurips, batch_simulator(neurips), **settings)
    observation, why = neurips.get_obs(), ""
    for _ in range(12):
        decision = rule.decide(observation)
        why = why or decision.why
        observation, _, done, _ = play(neurips, decision.action)
        assert not done
        idle = wait(twin)
    assert observation.rho[line] < idle.rho[line] - 0.02
    assert LINE in why


@pytest.mark.parametrize("settings", [{}, {"exposed": (LINE,), "exposed_weight": 0.0}])
def test_without_exposed_lines_or_weight_nothing_moves(neurips, settings):
    rule = RuleAlone(Redispatching, neurips, batch_simulator(neurips), redispatch=True, **settings)
    assert rule.decide(neurips.get_obs()) is None
