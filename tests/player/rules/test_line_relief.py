"""What generators take off a line: the best balanced moves, as a linear program finds them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.state import GridState
from powrl.player.rules.line_relief import LineRelief, largest_decrease
from tests.player.rules.situations import grid_of

moves = st.lists(st.floats(0, 10), min_size=4, max_size=4)
slopes = st.lists(st.floats(-0.1, 0.1), min_size=4, max_size=4)


@given(slopes, slopes, moves, moves)
def test_it_is_the_value_of_the_program(one, other, up, down):
    decreases = largest_decrease(np.array([one, other]), np.array(up), np.array(down))
    for row, decrease in zip((one, other), decreases, strict=True):
        bounds = list(zip([-value for value in down], up, strict=True))
        best = linprog(row, A_eq=[[1.0] * 4], b_eq=[0.0], bounds=bounds)
        assert decrease == pytest.approx(-best.fun, abs=1e-5)  # of the solver


def test_generators_at_their_end_take_nothing_off(neurips):
    generators, state = grid_of(neurips).generators, GridState.from_observation(neurips.get_obs())
    simulator = batch_simulator(neurips)
    relief = LineRelief(simulator, generators).at(state)
    assert relief.shape == (neurips.n_line,)
    assert (relief > 0.001).any()
    assert (relief >= 0).all()
    produced = state.injections.gen_p[generators.numbers]
    fixed = replace(generators, pmin=produced, pmax=produced)
    assert LineRelief(simulator, fixed).at(state) == pytest.approx(0, abs=1e-12)


def test_a_state_without_a_solution_has_none(neurips):
    state = GridState.from_observation(neurips.get_obs())
    state = state.with_injections(state.injections.scaled(9.0))
    assert not LineRelief(batch_simulator(neurips), grid_of(neurips).generators).at(state).any()
