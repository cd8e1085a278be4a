"""What a plan of the generators is for, in words."""

import numpy as np

from powrl.player.rules.case import Case
from powrl.player.rules.purpose import moves_in_words, purpose_of
from tests.player.rules.array_slopes import array_slopes

NAMES = ["a", "b", "c"]
SLOPES = array_slopes([[0.0, 0.0], [-0.01, 0.01], [0.0, 0.0]])


def a_case(load: float, limit: float = 0.98) -> Case:
    return Case(np.array([0.5, load, 0.4]), SLOPES, limit, 1.0)


def test_the_worst_losses_are_named_with_what_is_left_of_them():
    plan = [(None, a_case(0.95, 0.9)), (0, a_case(1.13)), (2, a_case(0.7))]
    text = purpose_of(plan, np.array([10.0, -5.0]), NAMES)
    assert text == "b at 98 % instead of 113 % after a loss of a; b at 80 % instead of 95 % now"


def test_no_overload_is_no_purpose():
    assert purpose_of([(None, a_case(0.5)), (0, a_case(0.9))], np.zeros(2), NAMES) == ""


def test_many_losses_are_counted():
    plan = [(0, a_case(1.0 + number / 10)) for number in range(1, 6)]
    assert purpose_of(plan, np.zeros(2), NAMES).endswith(" and 2 more")


def test_moves_are_named_the_largest_first():
    names = ("g1", "g2", "g3", "g4", "g5")
    moves = np.array([1.0, -12.25, 0.01, 3.0, 2.0])
    assert moves_in_words(moves, names) == "g2 -12.2, g4 +3.0, g5 +2.0 and 1 more MW"
    assert moves_in_words(moves[:1], names) == "g1 +1.0 MW"
    assert moves_in_words(np.array([0.01]), names) == "generators by less than 0.1 MW"
