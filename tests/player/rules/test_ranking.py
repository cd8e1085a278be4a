"""Outcomes are ranked by all overloads."""

import numpy as np
import pytest

from powrl.player.lookahead.outcome import Outcome
from powrl.player.rules.ranking import overload_rank


def rank(loads, counted_from=0.9, legal=True, game_over=False):
    return overload_rank(Outcome(np.array(loads), legal, game_over), counted_from)


def test_one_heavy_overload_is_better_than_many():
    assert rank([1.3, 0.5, 0.5]) < rank([1.2, 1.2, 1.2])


def test_from_the_highest_load_that_is_counted_the_worst_line_decides():
    assert rank([1.3, 0.5, 0.5], 2.0) > rank([1.2, 1.2, 1.2], 2.0)
    assert rank([0.8, 0.1]) > rank([0.7, 0.7])


@pytest.mark.parametrize("end", [{"legal": False}, {"game_over": True}])
def test_what_cannot_be_played_comes_last(end):
    assert rank([0.1], **end) == np.inf
