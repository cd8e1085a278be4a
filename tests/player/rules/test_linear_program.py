"""The program of redispatching: limits are kept, overloads relieved, calm grids released."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from powrl.player.grid.generators import Generators
from powrl.player.rules.case import Case
from powrl.player.rules.linear_program import Fleet, Relief, least_redispatching
from tests.player.rules.array_slopes import array_slopes

PMIN, PMAX, RAMPS = np.zeros(3), np.array([100.0, 200.0, 50.0]), np.array([5.0, 10.0, 2.0])


def fleet(production=(50.0, 100.0, 25.0), dispatched=(0.0, 0.0, 0.0)):
    generators = Generators(np.arange(3), PMIN, PMAX, RAMPS, RAMPS)
    return Fleet(generators, np.array(production), np.array(dispatched))


def solve(the_fleet, cases, steps=12, held=48, spare=0, reserve=0.0):
    return least_redispatching(the_fleet, cases, steps, held, spare, reserve)


def case(rho, slopes, weight=5000.0):
    return Case(np.array(rho), array_slopes(slopes), 1.0, weight)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_whatever_the_loads_the_generators_keep_to_their_limits(seed):
    random = np.random.default_rng(seed)
    dispatched = random.uniform(-10, 10, 3)
    dispatched -= dispatched.mean()
    scheduled = random.uniform(0.2, 0.8, 3) * PMAX
    cases = [case(random.uniform(0, 2, 4), random.normal(0, 0.01, (4, 3))) for _ in range(3)]
    steps, held = int(random.integers(1, 20)), int(random.integers(1, 60))
    change = solve(fleet(scheduled + dispatched, dispatched), cases, steps, held)
    assert abs(change.sum()) < 1e-6
    assert (np.abs(change) <= steps * RAMPS + 1e-6).all()
    after = scheduled + dispatched + change
    assert (after >= -1e-6).all()
    assert (after <= PMAX + 1e-6).all()
    within = np.abs(dispatched) <= held * RAMPS
    assert (np.abs(dispatched + change)[within] <= held * RAMPS[within] + 1e-6).all()
    before = sum(np.maximum(case.rho - 1, 0).sum() for case in cases)
    relieved = sum(np.maximum(case.rho + case.slopes @ change - 1, 0).sum() for case in cases)
    if not within.all():  # what must be undone may cost a relief
        return
    assert 5000 * relieved <= 5000 * before + 1.2 * np.abs(dispatched).sum() + 1e-3


def test_an_overload_is_relieved_by_just_what_it_takes():
    change = solve(fleet(), [case([1.1], [[-0.01, 0.01, 0.0]])])
    assert change == pytest.approx([5.0, -5.0, 0.0], abs=1e-6)


def test_a_line_that_cannot_be_relieved_does_not_hide_another():
    change = solve(fleet(), [case([1.5, 1.1], [[0.0, 0.0, 0.0], [-0.01, 0.01, 0.0]])])
    assert change == pytest.approx([5.0, -5.0, 0.0], abs=1e-6)


def test_of_two_generators_the_one_that_helps_more_moves():
    change = solve(fleet(), [case([1.1], [[-0.01, 0.0, -0.02]])], steps=50)
    assert change[2] == pytest.approx(5.0, abs=1e-6)
    assert change[0] <= 1e-6


def test_a_calm_grid_is_left_alone_and_what_is_held_released():
    assert solve(fleet(), [case([0.5], [[-0.01, 0.01, 0.0]])]) == pytest.approx([0, 0, 0])
    held = fleet(dispatched=(8.0, -8.0, 0.0))
    assert solve(held, [case([0.5], [[-0.01, 0.01, 0.0]])]) == pytest.approx([-8.0, 8.0, 0.0])


def test_what_an_attack_would_overload_is_held():
    held = fleet(dispatched=(8.0, -8.0, 0.0))
    attacked = case([1.0], [[-0.01, 0.01, 0.0]], weight=500.0)
    assert solve(held, [attacked]) == pytest.approx([0, 0, 0], abs=1e-6)


def test_no_generator_comes_near_its_ends():
    change = solve(fleet((90.0, 100.0, 25.0)), [case([2.0], [[-0.01, 0.01, 0.0]])], spare=1)
    assert change[0] == pytest.approx(5.0)


def test_one_that_the_time_series_bring_to_its_end_is_let_go():
    near = fleet((100.0, 100.0, 25.0), dispatched=(20.0, -20.0, 0.0))
    change = solve(near, [case([2.0], [[-0.01, 0.01, 0.0]])], spare=2)
    assert change[0] == pytest.approx(-10.0)


@pytest.mark.parametrize(
    ("production", "dispatched"),
    [((0.0, 100.0, 25.0), (8.0, -8.0, 0.0)), ((104.0, 100.0, 25.0), (-3.0, 3.0, 0.0))],
)
def test_generators_beyond_their_ends_are_no_contradiction(production, dispatched):
    change = solve(fleet(production, dispatched), [], spare=30, reserve=20.0)
    assert np.isfinite(change).all()


def test_no_generator_goes_below_its_least():
    low = fleet((50.0, 100.0, 25.0))
    generators = replace(low.generators, pmin=low.production - 3)
    least = replace(low, generators=generators)
    pull = case([2.0], [[0.01, -0.01, 0.0]])
    assert solve(low, [pull])[0] < -10
    assert solve(least, [pull])[0] == pytest.approx(-3.0)


def test_a_reserve_is_kept():
    # all may rise by 17 MW; the overload asks the two large ones up to their ends
    low = fleet((10.0, 20.0, 25.0))
    pull = case([3.0], [[0.02, 0.01, -0.01]], weight=300.0)
    free = solve(low, [pull], held=100)
    reserved = solve(low, [pull], held=100, reserve=17.0)
    down = np.minimum(RAMPS, np.array([10.0, 20.0, 25.0]) + free).sum()
    assert down < 17.0 - 1e-6
    assert np.minimum(RAMPS, np.array([10.0, 20.0, 25.0]) + reserved).sum() == pytest.approx(17.0)


def with_relief(cases, dispatched=(0.0, 0.0, 0.0), worth=0.0, steps=12):
    """A curtailed generator of 20 MW at a cost of 1, and a storage unit of 6 MW at 0.1."""
    relief = Relief(
        np.array([-20.0, -6.0]), np.array([0.0, 6.0]), np.array([1.0, 0.1]), np.array([0.0, worth])
    )
    return least_redispatching(fleet(dispatched=dispatched), cases, steps, 48, 0, 0.0, relief)


def test_generators_balance_what_storage_and_curtailment_inject():
    overload = case([1.1], [[0.0, 0.0, 0.0, 0.01, -0.01]])
    moves = with_relief([overload])
    assert moves == pytest.approx([0, 0, 0, -5.0, 5.0], abs=1e-6)  # each balances the other
    alone = with_relief([case([1.03], [[0.0, 0.0, 0.0, 0.0, -0.01]])])
    assert alone[4] == pytest.approx(3.0, abs=1e-6)
    assert alone.sum() == pytest.approx(0, abs=1e-6)


def test_what_was_injected_and_is_no_longer_needed_goes_with_its_balance():
    moves = with_relief([case([0.5], [[0.0, 0.0, 0.0, 0.01, -0.01]])], dispatched=(3.0, 1.0, 0.0))
    assert moves == pytest.approx([-3.0, -1.0, 0.0, 0.0, 0.0], abs=1e-6)


def test_a_calm_grid_has_no_use_for_storage_and_curtailment():
    moves = with_relief([case([0.5], [[-0.01, 0.01, 0.0, 0.01, -0.01]])])
    assert moves == pytest.approx(np.zeros(5), abs=1e-6)


def test_a_storage_unit_is_charged_where_that_is_worth_it():
    calm = case([0.5], [[0.0, 0.0, 0.0, 0.0, -0.01]])
    assert with_relief([calm], worth=1.5)[4] == pytest.approx(-6.0, abs=1e-6)
    tight = case([0.98], [[0.0, 0.0, 0.0, 0.0, -0.01]])
    assert with_relief([tight], worth=1.5)[4] == pytest.approx(-2.0, abs=1e-6)


def least_by_scipy(the_fleet, cases, steps, held, spare, reserve, relief):
    """The least cost of the program as its docstring has it, with a variable for each part of it.

    Columns are changes, reliefs, what is moved, held and used, reserves above and below, what lacks
    of them, surplus and deficit, and excesses of loads.
    """
    generators, n, m = the_fleet.generators, 3, len(relief.cost)
    k, scheduled = sum(len(one.rho) for one in cases), the_fleet.scheduled
    names = ("change", "injected", "moved", "held", "used", "above", "below", "rest", "excess")
    sizes = (n, m, n, n, m, n, n, 4, k)
    ends = np.cumsum(sizes)
    at = {name: slice(end - size, end) for name, size, end in zip(names, sizes, ends, strict=True)}
    rows, bounds = [], []

    def at_most(bound, **blocks):
        row = np.zeros((len(bound), ends[-1]))
        for name, block in blocks.items():
            row[:, at[name]] = block
        rows.append(row)
        bounds.append(bound)

    one, dispatched = np.eye(n), the_fleet.dispatched
    for sign in (1.0, -1.0):
        at_most(np.zeros(n), change=sign * one, moved=-one)
        at_most(-sign * dispatched, change=sign * one, held=-one)
        at_most(np.zeros(m), injected=sign * np.eye(m), used=-np.eye(m))
    ramps = generators.ramp_up
    upwards = np.clip(generators.pmax - spare * ramps - scheduled, 0, held * ramps)
    downwards = np.clip(scheduled - generators.pmin - spare * ramps, 0, held * ramps)
    low = np.clip(-downwards - dispatched, -steps * ramps, steps * ramps)
    high = np.clip(upwards - dispatched, -steps * ramps, steps * ramps)
    above = np.maximum(np.maximum(generators.pmax - the_fleet.production, 0), low)
    below = np.maximum(np.maximum(the_fleet.production - generators.pmin, 0), -high)
    at_most(above, change=one, above=one)
    at_most(below, change=-one, below=one)
    free_up = np.minimum(ramps, generators.pmax - scheduled).sum()
    free_down = np.minimum(ramps, scheduled - generators.pmin).sum()
    at_most(np.array([-min(reserve, free_up)]), above=-np.ones(n), rest=[-1, 0, 0, 0])
    at_most(np.array([-min(reserve, free_down)]), below=-np.ones(n), rest=[0, -1, 0, 0])
    slopes = np.concatenate([case.slopes.all() for case in cases])
    room = np.concatenate([case.limit - case.rho for case in cases])
    at_most(room, change=slopes[:, :n], injected=slopes[:, n:], excess=-np.eye(k))
    balance = np.zeros((1, ends[-1]))
    balance[0, : n + m], balance[0, at["rest"]] = 1.0, (0, 0, 1, -1)
    weights = [np.broadcast_to(case.weight, case.rho.shape) for case in cases]
    prices = (np.zeros(n), relief.worth, np.full(n, 0.2), np.ones(n), relief.cost, np.zeros(2 * n))
    limits = [(0, None)] * ends[-1]
    limits[: n + m] = np.transpose(
        (np.append(low, relief.lowest), np.append(high, relief.highest))
    ).tolist()
    limits[at["above"]] = limits[at["below"]] = [(0, ramp) for ramp in ramps]
    solution = linprog(
        np.concatenate((*prices, [50.0, 50.0, 500.0, 500.0], *weights)),
        A_ub=np.concatenate(rows),
        b_ub=np.concatenate(bounds),
        A_eq=balance,
        b_eq=[-dispatched.sum() if m else 0.0],
        bounds=limits,
    )
    assert solution.status == 0
    return solution.fun, low, high, above, below, (free_up, free_down)


@settings(max_examples=80)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_it_costs_as_little_as_scipy_finds(seed, has_relief):
    random = np.random.default_rng(seed)
    dispatched = random.choice([0.0, -8.0, 3.0, 5.5], 3)
    production = random.uniform(-0.05, 1.05, 3) * PMAX
    the_fleet, m = fleet(production, dispatched), 2 if has_relief else 0
    relief = Relief(*np.array([[-20.0, -6.0], [0.0, 6.0], [1.0, 0.1], [0.0, 1.6]])[:, :m])
    cases = []
    for _ in range(int(random.integers(1, 4))):
        slopes = random.normal(0, 0.01, (6, 3 + m))
        slopes[:, 1] = slopes[:, 0]  # at the same bus
        weight = random.choice([0.0, 100.0, 5000.0], 6) if random.random() < 0.5 else 300.0
        cases.append(Case(random.uniform(0.5, 1.3, 6), array_slopes(slopes), 0.9, weight))
    steps, held, spare = (int(random.integers(*ends)) for ends in ((1, 13), (1, 49), (0, 3)))
    reserve = float(random.choice([0.0, 10.0, 17.0]))
    moves = least_redispatching(
        the_fleet, cases, steps, held, spare, reserve, relief if has_relief else None
    )
    expected, low, high, above, below, free = least_by_scipy(
        the_fleet, cases, steps, held, spare, reserve, relief
    )
    change, injected = moves[:3], moves[3:]
    assert (change >= low - 1e-7).all()
    assert (change <= high + 1e-7).all()
    lacking = [
        max(min(reserve, limit) - np.minimum(RAMPS, spare).sum(), 0)
        for limit, spare in zip(free, (above - change, below + change), strict=True)
    ]
    cost = 0.2 * np.abs(change).sum() + np.abs(dispatched + change).sum() + 50 * sum(lacking)
    cost += relief.cost @ np.abs(injected) + relief.worth @ injected
    cost += 500 * abs(moves.sum() + (dispatched.sum() if has_relief else 0.0))
    for one in cases:
        cost += (one.weight * np.maximum(one.rho + one.slopes @ moves - one.limit, 0)).sum()
    np.testing.assert_allclose(cost, expected, rtol=1e-7, atol=1e-6)
