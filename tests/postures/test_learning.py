"""What attacks come to is fitted to those that were played; postures are chosen one by one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powrl.player.rules.attack_value import PLAIN, AttackValue
from powrl.postures.calm_state import NO_SOLUTION, CalmState, Postures
from powrl.postures.learning import (
    FEWEST_FATAL,
    PARTS_OF_DAY,
    attack_values,
    choose_splits,
    load_growth,
    risk_tables,
)
from powrl.postures.play import Attack, Played

FLAT = [1.0] * PARTS_OF_DAY


def attacks_on(line, coefficients, number, growth=FLAT, seed=0):
    """Attacks that come to what coefficients say."""
    random = np.random.default_rng(seed)
    constant, after_correction, after_loss, growing = coefficients
    attacks = []
    for _ in range(number):
        lost, corrected = random.uniform(1.0, 1.6), random.uniform(0.8, 1.3)
        minute = int(random.integers(1440))
        exponent = constant + after_correction * (corrected - 1) + after_loss * (lost - 1)
        exponent += growing * corrected * (growth[minute * PARTS_OF_DAY // 1440] - 1)
        is_fatal = bool(random.random() < 1 / (1 + np.exp(-exponent)))
        attacks.append(Attack(0, minute, line, lost, corrected, is_fatal))
    return attacks


def test_the_coefficients_of_many_attacks_are_those_that_made_them():
    growth = np.linspace(1.0, 1.5, PARTS_OF_DAY).tolist()
    truth = (-3.0, 10.0, 4.0, 6.0)
    (values,) = attack_values(attacks_on("a", truth, 20_000, growth), ["a"], growth)
    assert values == pytest.approx(truth, rel=0.15)


def test_each_line_with_fatal_attacks_has_its_own_and_the_others_share_theirs():
    attacks = attacks_on("a", (-3.0, 20.0, 0.0, 0.0), 400)
    for number, line in enumerate("bcde"):
        drawn = attacks_on(line, (0.0, 5.0, 0.0, 0.0), 300, seed=number + 1)
        fatal = [one for one in drawn if one.is_fatal][: FEWEST_FATAL - 2]
        attacks += [*fatal, *(one for one in drawn if not one.is_fatal)]
    values = dict(zip("abcde", attack_values(attacks, "abcde", FLAT), strict=True))
    assert values["b"] == values["c"] == values["d"] == values["e"]
    assert values["a"] != values["b"]
    assert values["a"][1] > values["b"][1]


def test_few_fatal_attacks_teach_nothing():
    attacks = [Attack(0, 0, "a", 1.2, 1.1, number < FEWEST_FATAL - 1) for number in range(50)]
    assert attack_values(attacks, ["a", "b"], FLAT) == [list(PLAIN), list(PLAIN)]


def test_the_load_grows_by_its_highest_value_while_an_attack_lasts():
    played = Played(loads=[100.0, 110.0, 150.0, 120.0], minutes=[0, 30, 60, 90])
    growth = load_growth([played], duration=2)
    assert growth[0] == 1.5
    assert growth[1] == round(150 / 110, 3)
    assert set(growth[2:]) == {1.0}


def postures(splits, chances):
    """Postures with the risks of some splits, one line, that is always drawn."""
    corrected = [[1 + float(np.log(chance / (1 - chance)))] for chance in chances]
    return Postures(splits, [[1.0]] * len(splits), [[1.2]] * len(splits), corrected)


def test_the_risk_of_a_posture_is_the_chance_by_the_coefficients():
    value = AttackValue(1, [(0.0, 1.0, 0.0, 0.0)], FLAT)
    single = postures([[], [2], [0]], [0.5, 0.25, 0.75])
    double = postures([[], [2, 1], [0, 1], [0, 3]], [0.5, 0.3, 0.2, 0.1])
    of_single, of_double = risk_tables([CalmState(0, 0, single, double)], value, 4)
    assert of_single[0] == pytest.approx([0.5, 0.75, np.inf, 0.25, np.inf])
    assert of_double[0] == pytest.approx([np.inf, 0.2, np.inf, 0.1])


def test_a_loss_without_a_solution_is_fatal():
    one = Postures([[]], [[0.25, 0.75]], [[NO_SOLUTION, 1.0]], [[NO_SOLUTION, 1.0]])
    value = AttackValue(2, [(-50.0, 0.0, 0.0, 0.0)] * 2, FLAT)
    assert one.risks(value, 0) == {(): pytest.approx(0.25)}


tables = st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), min_size=1, max_size=6)


@given(tables, st.integers(1, 6))
def test_each_split_lowers_the_mean_risk(table, number):
    array = np.array(table)
    chosen, means, least = choose_splits(array[:, 0], array[:, 1:], number)
    assert len(set(chosen)) == len(chosen) == len(means) - 1 <= number
    assert all(before > after for before, after in pairwise(means))
    for count in range(len(chosen) + 1):
        columns = [0, *(one + 1 for one in chosen[:count])]
        assert means[count] == pytest.approx(array[:, columns].min(axis=1).mean())
    assert means[-1] == pytest.approx(least.mean())
    if len(chosen) < min(number, 4):
        assert means[-1] == pytest.approx(array.min(axis=1).mean())


def test_splits_that_are_not_safe_are_not_chosen_for_a_state():
    table = np.array([[np.inf, 0.1], [0.0, np.inf]])
    assert choose_splits(np.array([0.5, 0.5]), table, 2)[0] == [0, 1]
