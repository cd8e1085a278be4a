"""Scenarios that are lost are trained on more often, and none is forgotten."""

import numpy as np
import pytest

from powrl.learning.curriculum import Curriculum

NAMES = ["a", "b", "c", "d"]


ALIKE = pytest.approx(dict.fromkeys(NAMES, 0.25), abs=0.02)


def shares(curriculum: Curriculum) -> dict[str, float]:
    drawn = curriculum.draw(20_000, np.random.default_rng(0))
    return {name: drawn.count(name) / len(drawn) for name in NAMES}


def test_what_was_never_played_is_drawn_alike():
    assert all(
        share == pytest.approx(0.25, abs=0.02) for share in shares(Curriculum(NAMES, 1.0)).values()
    )


def test_what_is_lost_is_drawn_more_often_and_the_rest_still():
    curriculum = Curriculum(NAMES, 0.5)
    for name, survival in zip(NAMES, (1.0, 1.0, 0.25, 0.75), strict=True):
        curriculum.learn(name, survival)
    expected = {"a": 0.125, "b": 0.125, "c": 0.125 + 0.375, "d": 0.125 + 0.125}
    assert shares(curriculum) == pytest.approx(expected, abs=0.02)


def test_without_a_share_all_are_drawn_alike():
    curriculum = Curriculum(NAMES, 0.0)
    curriculum.learn("a", 0.0)
    assert shares(curriculum) == ALIKE


def test_where_nothing_is_lost_all_are_drawn_alike():
    curriculum = Curriculum(NAMES, 1.0)
    for name in NAMES:
        curriculum.learn(name, 1.0)
    assert shares(curriculum) == ALIKE


def test_later_episodes_count_more_than_earlier_ones():
    curriculum = Curriculum(NAMES, 1.0)
    for survival in (0.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        curriculum.learn("a", survival)
    assert 0 < curriculum.lost["a"] < 0.2
