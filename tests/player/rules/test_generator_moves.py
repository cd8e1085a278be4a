"""Generators move within their ramps and limits, and in balance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powrl.player.grid.generators import Generators
from powrl.player.rules.generator_moves import (
    BOUND_MARGIN_MW,
    HOLD_BACK,
    KEPT_STEPS,
    MIN_HEADROOM_MW,
    MIN_MOVE_MW,
    balanced,
    moves_towards,
)

FLEET = Generators(
    np.arange(3),
    pmin=np.array([0.0, 10.0, 0.0]),
    pmax=np.array([100.0, 200.0, 60.0]),
    ramp_up=np.array([5.0, 10.0, 4.0]),
    ramp_down=np.array([6.0, 8.0, 4.0]),
)
MIDDLE = np.array([50.0, 100.0, 30.0])
STILL = np.zeros(3)
RISE = np.array([4.0, 0.0, 0.0])


def moves(target, dispatched=STILL, scheduled=MIDDLE, before=None):
    before = scheduled if before is None else before
    target = None if target is None else np.array(target, dtype=float)
    schedules = np.array([before, scheduled], dtype=float)
    return moves_towards(target, FLEET, np.array(dispatched), schedules)


@given(
    st.lists(
        st.tuples(st.floats(-50, 50), st.floats(-20, 20), st.floats(0, 20)), min_size=2, max_size=8
    )
)
def test_moves_are_balanced_within_their_bounds(rows):
    change, lowest, width = map(np.array, zip(*rows, strict=True))
    highest = lowest + width
    shared = balanced(change, lowest, highest)
    assert (shared >= lowest).all()
    assert (shared <= highest).all()
    if lowest.sum() <= 0 <= highest.sum():
        assert abs(shared.sum()) < 1e-6
    free = (shared > lowest + 1e-9) & (shared < highest - 1e-9)
    shifts = (shared - change)[free]
    assert np.ptp(shifts) < 1e-6 if free.any() else True


def test_where_bounds_allow_no_balance_the_nearest_is_taken():
    change, low, high = np.zeros(2), np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_allclose(balanced(change, low, high), low, atol=1e-6)
    np.testing.assert_allclose(balanced(change, -high, -low), -low, atol=1e-6)


def test_a_target_within_the_ramps_is_reached_in_one_step():
    np.testing.assert_allclose(moves([3.0, -5.0, 2.0]), [3.0, -5.0, 2.0], atol=1e-6)


def test_a_target_further_off_takes_the_ramps():
    up, down = 5.0 - BOUND_MARGIN_MW, BOUND_MARGIN_MW - 8.0
    np.testing.assert_allclose(moves([40.0, -40.0, 0.0]), [up, down, -up - down], atol=1e-6)


def test_dispatch_that_is_there_already_is_no_move():
    target = [3.0, -5.0, 2.0]
    assert np.abs(moves(target, dispatched=target)).max() < 1e-6


def test_what_is_not_worth_an_action_is_left():
    small = MIN_MOVE_MW - 0.01
    np.testing.assert_allclose(moves([small, -small, 0.0]), STILL, atol=1e-6)


def test_without_a_target_all_stay():
    assert not moves(None).any()


def test_the_time_series_take_their_part_of_the_ramps():
    """The first rises by 4 of its 5 MW, so that 1 MW is left to move up."""
    change = moves([40.0, -40.0, 0.0], before=MIDDLE - [4.0, 0.0, 0.0])
    assert change[0] == pytest.approx(1.0 - BOUND_MARGIN_MW)


def test_where_all_rise_as_they_can_there_is_no_room():
    assert not moves([3.0, -5.0, 2.0], before=MIDDLE - FLEET.ramp_up).any()
    spare = MIN_HEADROOM_MW / 3 + BOUND_MARGIN_MW + 0.01
    assert moves([3.0, -5.0, 2.0], before=MIDDLE - FLEET.ramp_up + spare).any()
    spare -= 0.02
    assert not moves([3.0, -5.0, 2.0], before=MIDDLE - FLEET.ramp_up + spare).any()


def test_with_one_out_of_reach_of_its_ends_all_stay():
    above = FLEET.pmax[0] + FLEET.ramp_down[0]
    assert not moves([3.0, -5.0, 2.0], scheduled=[above, 100.0, 30.0]).any()
    below = FLEET.pmin[1] - FLEET.ramp_up[1]
    assert not moves([3.0, -5.0, 2.0], scheduled=[50.0, below, 30.0]).any()


def test_what_the_time_series_drive_beyond_an_end_is_held_back():
    """The first is scheduled at its highest and dispatched up by 3 MW: it goes down."""
    change = moves(
        [3.0, -3.0, 0.0], dispatched=[3.0, -3.0, 0.0], scheduled=[FLEET.pmax[0], 100.0, 30.0]
    )
    assert change[0] == pytest.approx(-3.0)
    assert abs(change.sum()) < 1e-6


FIRST = np.array([True, False, False])


def steady(scheduled, step, steps=7):
    """Schedules that change by the same in each step, the given one last."""
    return [np.array(scheduled) - number * step for number in reversed(range(steps))]


@pytest.mark.parametrize("is_slack", [False, True])
def test_a_schedule_on_its_way_beyond_an_end_is_held_back_early(is_slack):
    """That of the first rises by 4 MW a step: it would be 15 MW beyond its end in ten steps."""
    schedules = steady([FLEET.pmax[0] - 25, 100.0, 30.0], RISE)
    change = moves_towards(np.zeros(3), FLEET, STILL, schedules, FIRST & is_slack)
    assert change[0] == pytest.approx(-HOLD_BACK * 1.5 if is_slack else 0.0)
    assert abs(change.sum()) < 1e-6
    schedules = steady([FLEET.pmin[0] + 25, 100.0, 30.0], -RISE)
    change = moves_towards(np.zeros(3), FLEET, STILL, schedules, FIRST & is_slack)
    assert change[0] == pytest.approx(HOLD_BACK * 1.5 if is_slack else 0.0)


def test_a_schedule_that_moves_to_and_fro_is_not_held_back():
    """Its last step leads beyond its end in ten steps, its trend does not."""
    scheduled = np.array([FLEET.pmax[0] - 25, 100.0, 30.0])
    schedules = [scheduled, *steady(scheduled - RISE, STILL, 5), scheduled]
    assert not moves_towards(np.zeros(3), FLEET, STILL, schedules, FIRST).any()


@pytest.mark.parametrize(("end", "sign"), [(FLEET.pmax[0], 1), (FLEET.pmin[0], -1)])
def test_the_slack_stays_held_back_while_its_schedule_was_beyond_its_end_lately(end, sign):
    """All others may rise with it when it returns, and then leave no room to hold it back."""
    beyond = np.array([end + 3 * sign, 100.0, 30.0])
    dip = beyond - sign * 2 * RISE
    dispatched = np.array([-3.0, 3.0, 0.0]) * sign
    lately = [beyond, *steady(dip, STILL, KEPT_STEPS)]
    assert moves_towards(np.zeros(3), FLEET, dispatched, lately, FIRST)[0] == 0
    long_ago = moves_towards(np.zeros(3), FLEET, dispatched, lately[1:], FIRST)
    np.testing.assert_allclose(long_ago, -dispatched, atol=1e-6)


def test_the_hold_gives_way_where_the_others_cannot_balance_it():
    """The first would be held back by 4.2 MW; the others can rise by 1.95 MW each."""
    rise = np.array([3.0, FLEET.ramp_up[1] - 2, FLEET.ramp_up[2] - 2])
    schedules = steady([FLEET.pmax[0] + 1, 100.0, 30.0], rise)
    change = moves_towards(np.zeros(3), FLEET, np.array([-3.0, 3.0, 0.0]), schedules, FIRST)
    assert change == pytest.approx([-3.9, 1.95, 1.95])


def test_a_past_at_one_end_does_not_hold_back_at_the_other():
    """The schedule of the first fell from beyond its highest to its lowest, and goes on to fall."""
    fall = np.array([6.0, 0.0, 0.0])
    schedules = steady([FLEET.pmin[0] + 1, 100.0, 30.0], -fall, 18)
    assert schedules[0][0] > FLEET.pmax[0]
    dispatched = np.array([-3.0, 3.0, 0.0])
    change = moves_towards(np.zeros(3), FLEET, dispatched, schedules, FIRST)
    assert change[0] > 3


values = st.tuples(*3 * [st.floats(-30, 30)]).map(np.array)


@given(values, values, st.tuples(*3 * [st.floats(0.1, 0.9)]), values, st.booleans())
def test_moves_stay_within_ramps_and_limits_and_sum_up_to_nothing(
    target, dispatch, where, drift, is_slack
):
    dispatched = dispatch - dispatch.mean()
    scheduled = FLEET.pmin + np.array(where) * (FLEET.pmax - FLEET.pmin)
    schedules = steady(scheduled, drift)
    change = moves_towards(target, FLEET, dispatched, schedules, FIRST & is_slack)
    drift = np.clip(drift, -FLEET.ramp_down, FLEET.ramp_up)
    assert (change + drift <= FLEET.ramp_up + 1e-6).all()
    assert (change + drift >= -FLEET.ramp_down - 1e-6).all()
