"""A decision costs simulations, and seconds only where there is a limit of time."""

import math
import time

import pytest

from powrl.player.lookahead.clock import Clock


@pytest.fixture
def now(monkeypatch):
    """The time, to be set."""
    moment = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: moment[0])
    return moment


@pytest.fixture
def readings(monkeypatch):
    """How often the time was read."""
    read = []
    monkeypatch.setattr(time, "perf_counter", lambda: read.append(1) or 1e9 * len(read))
    return read


def test_it_stops_once_the_simulations_are_used_up():
    clock = Clock(10)
    clock.count(9)
    assert not clock.stops()
    assert clock.has_left
    assert not clock.was_cut
    clock.count(5)
    assert not clock.has_left
    assert not clock.was_cut  # nobody wanted to go on
    assert clock.stops()
    assert clock.was_cut


def test_it_stops_once_the_time_is_over(now):
    clock = Clock()
    clock.limit(5.0)
    now[0] += 3.0
    assert clock.seconds_left == pytest.approx(2.0)
    assert not clock.stops()
    now[0] += 2.0
    assert clock.stops()
    assert clock.was_cut


def test_a_time_of_zero_is_over_at_once(now):
    clock = Clock()
    clock.limit(0.0)
    assert now
    assert clock.stops()


def test_the_limit_says_whether_there_is_time_to_spare():
    clock = Clock()
    assert clock.has_spare
    clock.limit(math.inf, has_spare=False)
    assert not clock.has_spare
    assert clock.has_left


def test_without_a_limit_of_time_it_is_never_read(readings):
    clock = Clock(10)
    clock.limit(math.inf)
    clock.count(3)
    assert math.isinf(clock.seconds_left)
    assert not clock.stops()
    assert not readings


def test_without_any_limit_it_never_stops():
    clock = Clock()
    clock.count(10**9)
    assert not clock.stops()
