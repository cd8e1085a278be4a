"""The loads of a case after moves, and which of them cost something."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.player.rules.case import Case
from tests.player.rules.array_slopes import array_slopes

CASE = Case(
    np.array([0.5, 1.1, 0.95, 1.2]),
    array_slopes([[0.0, 0.0], [-0.01, 0.01], [0.01, 0.0], [0.0, 0.0]]),
    1.0,
    300.0,
)


def test_lines_beyond_the_limit_cost_what_they_are_beyond_it():
    lines, loads = CASE.beyond()
    assert lines.tolist() == [1, 3]
    assert loads == pytest.approx([1.1, 1.2])
    moves = np.array([10.0, -10.0])
    lines, loads = CASE.beyond(moves)
    assert lines.tolist() == [2, 3]
    assert loads == pytest.approx([1.05, 1.2])
    assert CASE.cost(moves) == pytest.approx(300 * 0.25)


def test_a_line_of_no_weight_is_beyond_nothing():
    weighed = replace(CASE, weight=np.array([1.0, 0.0, 2.0, 4.0]))
    assert weighed.beyond()[0].tolist() == [3]
    assert weighed.cost(np.array([10.0, -10.0])) == pytest.approx(2 * 0.05 + 4 * 0.2)
    assert not len(replace(CASE, weight=0.0).beyond()[0])


def test_where_all_loads_are_low_nothing_is_beyond():
    lines, loads = replace(CASE, limit=1.3).beyond()
    assert len(lines) == len(loads) == 0
    assert replace(CASE, limit=1.3).cost(np.zeros(2)) == 0


def test_an_offset_is_added_to_moves():
    shifted = replace(CASE, offset=np.array([10.0, -10.0]))
    assert shifted.beyond()[0].tolist() == [2, 3]
    assert shifted.beyond(np.array([-10.0, 10.0]))[0].tolist() == [1, 3]
    np.testing.assert_allclose(
        shifted.all_loads(np.zeros(2)), shifted.loads(np.arange(4), None), atol=1e-12
    )
