"""The time that all decisions share is never overspent, and goes where it is needed."""

import math
import time

from hypothesis import given
from hypothesis import strategies as st

from powrl.player.rules.time_budget import TimeBudget

AT_MOST = 1.0


def play(budget: TimeBudget, steps: int, calm: float, least: float, period: int) -> list[float]:
    """Seconds of each decision; every so many steps one searches, as long as it may."""
    taken = []
    for step in range(steps):
        if budget.is_spent:
            taken.append(0.0)
            continue
        searched = step % period == period - 1
        seconds = max(least, budget.allowance) if searched else calm
        budget.count(seconds, searched)
        taken.append(seconds)
    return taken


@given(
    seconds=st.floats(5.0, 5000.0),
    steps=st.integers(100, 3000),
    calm=st.floats(1e-4, 0.2),
    least=st.floats(1e-3, 0.5),
    period=st.integers(2, 200),
    at_most=st.sampled_from([AT_MOST, 0.0]),
)
def test_the_limit_is_kept_whatever_the_machine(seconds, steps, calm, least, period, at_most):
    assert sum(play(TimeBudget(seconds, steps, at_most), steps, calm, least, period)) <= seconds


@given(steps=st.integers(1000, 5000), calm=st.floats(1e-4, 5e-3), period=st.integers(5, 100))
def test_where_there_is_time_every_step_is_decided_and_it_is_used(steps, calm, period):
    seconds = 0.047 * steps
    taken = play(TimeBudget(seconds, steps, AT_MOST), steps, calm, 0.02, period)
    assert all(seconds_of_one > 0 for seconds_of_one in taken[:-10])
    searches = steps // period
    assert sum(taken) > 0.5 * min(seconds, searches * AT_MOST)


@given(
    steps=st.integers(1000, 5000),
    least=st.floats(1e-4, 5e-3),
    plan=st.floats(1e-2, 0.2),
    period=st.integers(5, 100),
)
def test_calm_steps_plan_no_more_than_there_is_time_for(steps, least, plan, period):
    seconds = 0.02 * steps
    budget = TimeBudget(seconds, steps, AT_MOST)
    plans = [0]
    for step in range(steps):
        if budget.is_spent:
            break
        if step % period == period - 1:
            budget.count(max(0.01, min(budget.allowance, plan)), True)
        elif step - plans[-1] >= 6 and budget.has_spare:
            plans.append(step)
            budget.count(least + plan, False)
        else:
            budget.count(least, False)
    assert step >= 0.85 * steps
    assert plans[-1] > 0.7 * steps
    assert TimeBudget(0, 0, AT_MOST).has_spare


@given(
    seconds=st.floats(0.2, 20.0),
    plan=st.floats(0.05, 0.3),
    calm=st.floats(1e-4, 1e-3),
    period=st.integers(20, 100),
)
def test_one_long_plan_does_not_end_all_decisions(seconds, plan, calm, period):
    budget, steps, decided = TimeBudget(seconds, 300, 0.5), 300, 0
    for step in range(steps):
        if budget.is_spent:
            continue
        decided += 1
        if step % period == period - 1:
            budget.count(min(budget.allowance, 0.01), True)
        else:
            budget.count(calm + (plan if step % 6 == 0 and budget.has_spare else 0.0), False)
    left_without_plans = seconds - steps * (calm + 0.01 / period)
    assert decided == steps or left_without_plans < 4 * plan


def test_the_first_calm_step_has_nothing_to_spare_of_a_short_limit():
    assert TimeBudget(10 * AT_MOST, 300, AT_MOST).has_spare
    assert not TimeBudget(9 * AT_MOST, 300, AT_MOST).has_spare
    budget = TimeBudget(0.4, 300, AT_MOST)
    assert not budget.has_spare
    budget.count(1e-4, False)
    assert budget.has_spare
    budget.count(0.15, False)  # it made plans: another one could take what is left
    assert not budget.has_spare
    assert not budget.is_spent


@given(seconds=st.floats(0.5, 1000), plan=st.floats(0.01, 1), calm=st.floats(1e-4, 1e-2))
def test_a_calm_plan_is_given_what_a_third_of_the_time_left_allows(seconds, plan, calm):
    budget = TimeBudget(seconds, 300, AT_MOST)
    assert TimeBudget(0, 0, AT_MOST).calm_allowance == AT_MOST
    budget.count(calm, False)
    remaining = seconds - calm
    for _ in range(300):
        if not budget.has_spare:
            break
        taken = min(calm + plan, budget.calm_allowance)
        assert taken <= AT_MOST
        assert taken <= remaining / 3
        budget.count(taken, False)
        remaining -= taken
        assert not budget.is_spent


def test_what_is_done_around_a_decision_takes_time():
    budget = TimeBudget(0.3, 10, AT_MOST)
    with budget.counting_all():
        budget.count(0.01, True)
        time.sleep(0.05)
    assert budget.allowance < 0.3 - 0.05
    with budget.counting_all():
        time.sleep(0.3)
    assert budget.is_spent


def test_without_a_limit_a_search_has_its_time():
    budget = TimeBudget(0, 0, AT_MOST)
    for _ in range(1000):
        budget.count(5.0, True)
    assert budget.allowance == AT_MOST
    assert not budget.is_spent
    assert math.isinf(TimeBudget(0, 0, math.inf).allowance)


@given(decisions=st.lists(st.tuples(st.floats(0, 1e6), st.booleans())))
def test_without_any_limit_no_time_is_too_much(decisions):
    budget = TimeBudget(0, 0, 0)
    for seconds, searched in decisions:
        budget.count(seconds, searched)
        assert not budget.is_spent
        assert budget.has_spare
        assert math.isinf(budget.allowance)
        assert math.isinf(budget.calm_allowance)


@given(seconds=st.floats(0.1, 100), steps=st.integers(1, 50_000), at_most=st.floats(0.1, 100))
def test_a_search_is_never_given_more_than_is_left(seconds, steps, at_most):
    budget = TimeBudget(seconds, steps, at_most)
    budget.count(0.01, False)
    assert budget.allowance <= seconds - 0.01
