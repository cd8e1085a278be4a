"""Up to which load the loss of a line needs no prevention, and what more costs."""

import numpy as np
import pytest

from powrl.player.rules.attack_limits import LOWEST_LIMIT, SHORTEST, AttackLimits
from powrl.player.rules.attack_value import AttackValue
from tests.player.rules.test_attack_value import at

VALUE = AttackValue(3, [(-3.6, 18.0, 0.0, 0.0), (-2.7, 14.0, 0.0, 14.0), (0.0,) * 4], [1.0, 1.5])
LOST = np.array([1.3, 1.2, 1.1])


def test_without_a_chance_one_limit_holds_for_all():
    limits, costs = AttackLimits(1.05, 0.0, VALUE).at(at(3), LOST)
    assert limits.tolist() == [1.05] * 3
    assert costs.tolist() == [1.0] * 3


def test_the_limit_of_a_line_is_the_load_that_has_the_chance():
    limits, costs = AttackLimits(1.05, 0.05, VALUE).at(at(3), LOST)
    chances = VALUE.chance(at(3), LOST, limits)
    assert chances[:2] == pytest.approx([0.05, 0.05])
    assert costs[:2] * (np.array([1.2, 1 + 2.7 / 14]) - limits[:2]) == pytest.approx([0.45, 0.45])


def test_what_load_beyond_a_raised_limit_costs_is_what_it_adds_there():
    """At dawn nearly all of the chance lies below the lowest limit."""
    value = AttackValue(1, [(-3.0, 20.0, 0.0, 20.0)], [1.5])
    limits, costs = AttackLimits(1.05, 0.05, value).at(at(14), np.ones(1))
    assert limits[0] == LOWEST_LIMIT
    ends = [value.chance(at(14), np.ones(1), limits + more)[0] for more in (0, SHORTEST)]
    assert costs[0] == pytest.approx((ends[1] - ends[0]) / SHORTEST)
    assert costs[0] < 0.5


def test_where_no_loss_is_corrected_the_load_after_it_is_what_a_plan_lowers():
    value = AttackValue(1, [(-3.6, 6.0, 12.0, 0.0)], ())
    limits, _ = AttackLimits(1.05, 0.05, value).at(at(3), None)
    assert value.chance(at(3), limits, limits) == pytest.approx([0.05])


def test_a_line_whose_load_does_not_matter_has_no_limit():
    limits, costs = AttackLimits(1.05, 0.05, VALUE).at(at(3), LOST)
    assert np.isinf(limits[2])
    assert costs[2] == 0


def test_where_the_load_of_the_grid_grows_the_limit_is_lower_and_has_an_end():
    calm, _ = AttackLimits(1.05, 0.05, VALUE).at(at(3), LOST)
    dawn, _ = AttackLimits(1.05, 0.05, VALUE).at(at(14), LOST)
    assert dawn[0] == calm[0]
    assert dawn[1] == LOWEST_LIMIT < calm[1]
