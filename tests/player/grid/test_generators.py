"""What is known of generators that can be redispatched, upwards and downwards."""

import numpy as np

from powrl.player.grid.generators import BOTH_WAYS, Generators

GENERATORS = Generators(
    np.arange(3),
    np.array([0.0, 5.0, 0.0]),
    np.array([100.0, 50.0, 80.0]),
    np.array([2.0, 10.0, 2.0]),
    np.array([3.0, 9.0, 1.0]),
)


def test_what_they_can_do_upwards_and_downwards():
    production = np.array([90.0, 5.0, 40.0])
    margin = GENERATORS.ends - BOTH_WAYS * production
    assert margin.tolist() == [[10.0, 45.0, 40.0], [90.0, 0.0, 40.0]]
    assert GENERATORS.ramps.tolist() == [[2.0, 10.0, 2.0], [3.0, 9.0, 1.0]]


def test_the_fastest_is_the_least_slow_and_no_two_are_the_same():
    assert GENERATORS.slowness.tolist() == [1.0, 0.0, 2.0]
