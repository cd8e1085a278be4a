import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powrl.player.grid.reductions import all_hold, any_hold, highest

LOADS = st.lists(st.floats(width=32, allow_nan=True), min_size=1, max_size=8)


@given(LOADS, st.sampled_from([np.float32, np.float64]))
def test_the_highest_value_is_numpys(values, kind):
    values = np.array(values, dtype=kind)
    value = highest(values)
    assert value.dtype == kind
    np.testing.assert_array_equal(value, values.max())


def test_no_value_is_no_highest():
    with pytest.raises(ValueError, match="empty"):
        highest(np.array([]))


@given(st.lists(st.sampled_from([0.0, -0.0, 0.5, np.nan]), max_size=6), st.booleans())
def test_conditions_hold_as_numpy_says(values, rows):
    values = np.array(values * 2).reshape((2, -1) if rows else -1)
    assert any_hold(values) == values.any()
    for conditions in (values > 0, values <= 0):
        assert any_hold(conditions) == conditions.any()
        assert all_hold(conditions) == conditions.all()
