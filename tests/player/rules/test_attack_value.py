"""What an attack comes to: a chance that rises with the loads it leaves and with those to come."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powrl.player.rules.attack_value import HIGHEST_LOAD, AttackValue


def at(hour, minute=0):
    date = SimpleNamespace(tm_hour=hour, tm_min=minute)
    return SimpleNamespace(get_time_stamp=lambda: SimpleNamespace(timetuple=lambda: date))


def test_without_anything_learned_a_corrected_load_of_105_is_even():
    value = AttackValue(3, (), ())
    chance = value.chance(at(0), np.full(3, 1.5), np.array([0.9, 1.05, 1.2]))
    assert chance[1] == pytest.approx(0.5)
    assert chance[0] < 0.01
    assert chance[2] > 0.99


def test_the_chance_is_the_logistic_function_of_the_features():
    value = AttackValue(2, [(-1.0, 10.0, 2.0, 5.0), (0.0, 0.0, 0.0, 0.0)], [1.0, 1.5])
    lost, corrected = np.array([[1.4, 1.0]]), np.array([[1.1, 1.0]])
    morning = value.chance(at(11, 59), lost, corrected)
    evening = value.chance(at(12), lost, corrected)
    assert morning == pytest.approx(1 / (1 + np.exp([[1 - 1.0 - 0.8, 0.0]])))
    assert evening == pytest.approx(1 / (1 + np.exp([[1 - 1.0 - 0.8 - 2.5 * 1.1, 0.0]])))


def test_a_loss_that_ends_the_episode_at_once_is_certain():
    value = AttackValue(2, [(-50.0, 0.0, 0.0, 0.0)] * 2, ())
    chance = value.chance(at(3), np.array([np.inf, 1.0]), np.array([np.inf, 1.0]))
    assert chance[0] == 1.0
    assert chance[1] < 1e-6


def test_loads_beyond_the_highest_count_as_it():
    value = AttackValue(1, [(0.0, 0.1, 0.1, 0.0)], ())
    high = np.array([HIGHEST_LOAD])
    assert value.chance(at(3), high, high) == value.chance(at(3), 2 * high, 3 * high)


@given(
    st.floats(-5, 5), st.floats(1, 50), st.floats(-20, 20), st.floats(0, 20), st.floats(0.01, 0.99)
)
def test_the_load_of_a_chance_is_that_at_which_an_attack_has_it(a, b, c, d, chance):
    value, lost = AttackValue(1, [(a, b, c, d)], [1.0, 1.3]), np.array([1.2])
    load = value.load_at(at(14), lost, chance)
    if load < HIGHEST_LOAD:
        assert value.chance(at(14), lost, load) == pytest.approx(chance, rel=1e-6)


def test_no_load_has_a_chance_that_does_not_grow_with_it():
    assert np.isinf(AttackValue(1, [(1.0, 0.0, 5.0, 0.0)], ()).load_at(at(3), np.ones(1), 0.1))
