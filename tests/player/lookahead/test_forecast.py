"""Outcomes are those of grid2op's own simulate."""

import numpy as np
import pytest

from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.outcome import Outcome


def test_the_simulated_loads_are_grid2ops(case14):
    observation = case14.get_obs()
    action = case14.action_space({"set_line_status": [(3, -1)]})
    (outcome,) = ForecastSimulator().evaluate(observation, [action])
    after, _, done, _ = observation.simulate(action)
    np.testing.assert_allclose(outcome.rho, after.rho)
    assert outcome.game_over is done is False
    assert outcome.max_rho == pytest.approx(after.rho.max())
    assert outcome.rho[3] == 0


def test_an_illegal_action_has_an_infinite_load(neurips):
    action = neurips.action_space({"set_line_status": [(3, -1), (4, -1)]})
    (outcome,) = ForecastSimulator().evaluate(neurips.get_obs(), [action])
    assert not outcome.legal
    assert outcome.max_rho == np.inf


def test_a_blackout_has_an_infinite_load(case14):
    load = int(np.argmax(case14.load_to_subid))
    substation = int(case14.load_to_subid[load])
    size = int(case14.sub_info[substation])
    alone = np.ones(size, dtype=int)
    alone[case14.load_to_sub_pos[load]] = 2
    action = case14.action_space({"set_bus": {"substations_id": [(substation, alone)]}})
    (outcome,) = ForecastSimulator().evaluate(case14.get_obs(), [action])
    assert outcome.game_over
    assert outcome.max_rho == np.inf


def test_max_rho_is_that_of_the_most_loaded_line():
    assert Outcome(np.array([0.1, 0.7, 0.3]), legal=True, game_over=False).max_rho == 0.7
