"""An opponent that pauses for its attacks: when the next one may come."""

from contextlib import closing
from types import SimpleNamespace

import numpy as np
import pytest
from grid2op.Action import PowerlineSetAction
from grid2op.Opponent import BaseActionBudget, WeightedRandomOpponent

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.rules.attack_pause import AttackPause, PauseCounter
from tests.conftest import CASE14

NAMES = ["1_3_3", "6_8_19"]
PAUSE, DURATION = 60, 16
OPPONENT = {
    "opponent_class": WeightedRandomOpponent,
    "opponent_action_class": PowerlineSetAction,
    "opponent_budget_class": BaseActionBudget,
    "opponent_init_budget": 1e6,
    "opponent_budget_per_ts": 0.0,
    "opponent_attack_duration": DURATION,
    "opponent_attack_cooldown": PAUSE,
    "kwargs_opponent": {
        "lines_attacked": NAMES,
        "rho_normalization": [1.0, 1.0],
        "attack_period": PAUSE,
    },
}


def attacks_in(engine, seed):
    """Of each step: after how many an attack is possible, and whether one begins in the next."""
    lines = np.array([list(engine.grid.name_line).index(name) for name in NAMES])
    reconnection_time = engine.simulator().rules.reconnection_time
    assert reconnection_time < DURATION - 1
    pause, counter = AttackPause(lines, PAUSE, reconnection_time), PauseCounter()
    episode, rows, attacked = engine.start("000", seed), [], False
    while not episode.done:
        pause.watch(counter, episode.observation)
        possible_in = pause.possible_in(counter)
        episode.step()
        rows.append((possible_in, bool(episode.attacked) and not attacked))
        attacked = bool(episode.attacked)
    return rows


@pytest.fixture(scope="module")
def rows():
    with closing(open_engine("fast", Scenarios(CASE14), cached=False, **OPPONENT)) as engine:
        return [row for seed in range(20) for row in attacks_in(engine, seed)]


def test_no_attack_comes_while_none_is_possible(rows):
    began = [possible_in for possible_in, begins in rows if begins]
    assert len(began) >= 20
    assert set(began) == {0}


def test_about_half_of_the_steps_are_without_danger(rows):
    assert 0.35 < np.mean([possible_in == 0 for possible_in, _ in rows]) < 0.65


def observation_at(step, cooldown=0, maintenance=-1):
    """Of a grid of one line, out while it is in cooldown."""
    return SimpleNamespace(
        current_step=step,
        line_status=np.array([cooldown == 0]),
        time_before_cooldown_line=np.array([cooldown]),
        time_next_maintenance=np.array([maintenance]),
    )


def after(*observations, pause=288):
    """Steps until an attack may come after some observations of the one line."""
    rule, counter = AttackPause(np.array([0]), pause, 12), PauseCounter()
    for observation in observations:
        rule.watch(counter, observation)
    return rule.possible_in(counter)


def test_an_opponent_without_a_pause_may_attack_at_any_time():
    assert after(observation_at(50, cooldown=48), pause=0) == 0


def test_an_attack_is_counted_once():
    assert after(observation_at(100, cooldown=48), observation_at(110, cooldown=38)) == 177


def test_an_attack_that_lasts_longer_than_the_pause_is_waited_for():
    assert after(observation_at(280, cooldown=48), observation_at(290, cooldown=38)) == 37


@pytest.mark.parametrize("seen", [{"cooldown": 12}, {"cooldown": 48, "maintenance": 0}])
def test_lines_that_protections_or_maintenance_took_out_are_no_attack(seen):
    assert after(observation_at(100, **seen)) == 0
