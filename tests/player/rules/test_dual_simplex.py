"""The bounded program costs as little as HiGHS finds, with whatever rows are added."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from powrl.player.rules.dual_simplex import BoundedProgram


def program_of(random, is_degenerate):
    """A program with a solution, at which some rows hold: small integers make ties."""
    n, m = int(random.integers(1, 8)), int(random.integers(1, 4))
    draw = (lambda *shape: random.integers(-2, 3, shape) * 1.0) if is_degenerate else random.normal
    rows = draw(m, n) if is_degenerate else draw(0, 1, (m, n))
    costs = draw(n) if is_degenerate else draw(0, 1, n)
    widths = random.integers(0, 4, n) * 1.0
    widths[(costs >= 0) & (random.random(n) < 0.3)] = np.inf
    inside = np.minimum(widths, 2) * random.random(n)
    is_equation = random.random(m) < 0.3
    slack_widths = np.where(is_equation, 0.0, random.choice([np.inf, 1.5], m))
    bounds = rows @ inside + np.where(is_equation, 0.0, random.choice([0.0, 1.0], m))
    return costs, widths, rows, bounds, slack_widths


def least(costs, widths, rows, bounds, slack_widths, soft):
    """The least cost by scipy, with rows that may be exceeded at a cost."""
    soft_rows, soft_bounds, weights = soft
    m, k = len(rows), len(soft_rows)
    columns = [
        np.concatenate((rows, soft_rows)),
        np.concatenate((np.eye(m), np.zeros((k, m)))),
        np.concatenate((np.zeros((m, k)), -np.eye(k))),
        np.concatenate((np.zeros((m, k)), np.eye(k))),
    ]
    solution = linprog(
        np.concatenate((costs, np.zeros(m), weights, np.zeros(k))),
        A_eq=np.concatenate(columns, axis=1),
        b_eq=np.append(bounds, soft_bounds),
        bounds=[*((0, width) for width in (*widths, *slack_widths)), *([(0, None)] * 2 * k)],
    )
    assert solution.status == 0
    return solution.fun


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(0, 3))
@example(148, False, 0)  # a single point is feasible, and rounding puts it just outside
@example(3964, True, 0)
def test_it_finds_what_scipy_finds(seed, is_degenerate, rounds):
    random = np.random.default_rng(seed)
    costs, widths, rows, bounds, slack_widths = program_of(random, is_degenerate)
    n = len(costs)
    program = BoundedProgram(costs, widths, rows, bounds, slack_widths)
    assert program.solve()
    soft = np.empty((0, n)), np.empty(0), np.empty(0)
    for _ in range(rounds):
        k = int(random.integers(1, 5))
        further = (
            random.integers(-2, 3, (k, n)) * 1.0,
            random.integers(-2, 3, k) * 1.0,
            random.integers(0, 4, k) * 1.0,
        )
        program.add(*further)
        assert program.solve()
        soft = tuple(map(np.concatenate, zip(soft, further, strict=True)))
    values = program.values
    assert (values >= -1e-7).all()
    assert (values <= widths + 1e-7).all()
    below = bounds - rows @ values
    assert (below >= -1e-7).all()
    assert (below <= slack_widths + 1e-7).all()
    excess = np.maximum(soft[0] @ values - soft[1], 0)
    cost = costs @ values + soft[2] @ excess
    expected = least(costs, widths, rows, bounds, slack_widths, soft)
    np.testing.assert_allclose(cost, expected, rtol=1e-7, atol=1e-6)


def test_rows_of_the_first_variables_leave_out_the_others():
    def least(coefficients):
        program = BoundedProgram(
            np.array([-1.0, -2.0, -3.0]), np.ones(3), np.ones((1, 3)), np.ones(1) * 9, np.full(1, 9)
        )
        assert program.solve()
        program.add(np.array([coefficients]), np.array([0.5]), np.array([10.0]))
        assert program.solve()
        return program.values

    np.testing.assert_array_equal(least([1.0, 1.0]), least([1.0, 1.0, 0.0]))
    assert least([1.0, 1.0]).tolist() == [0.0, 0.5, 1.0]


def test_rows_that_contradict_each_other_have_no_solution():
    one = np.ones((1, 1))
    contradicting = BoundedProgram(
        np.zeros(1), np.ones(1), np.concatenate((one, -one)), np.array([0.2, -0.8]), np.full(2, 9.0)
    )
    assert not contradicting.solve()
