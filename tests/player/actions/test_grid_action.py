"""An action is the same on both sides of the conversion."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.operator_warnings import Alert
from powrl.player.actions.redispatch import Redispatch
from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.testing.random_play import random_action


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
def test_there_and_back(case14, seed):
    action = random_action(Positions.from_grid2op(case14), np.random.default_rng(seed))
    back = GridAction.from_grid2op(action.to_grid2op(case14.action_space))
    np.testing.assert_array_equal(back.set_bus, action.set_bus)
    np.testing.assert_array_equal(back.set_line_status, action.set_line_status)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ({"change_bus": {"lines_or_id": [3]}}, "change_bus"),
        ({"change_line_status": [3]}, "change_status"),
    ],
)
def test_what_only_grid2op_can_play_is_refused(case14, content, part):
    with pytest.raises(PowrlError, match=f"has the part {part}, which only grid2op itself"):
        GridAction.from_grid2op(case14.action_space(content))


def test_the_second_action_has_the_last_word(case14):
    positions = Positions.from_grid2op(case14)
    one, other = GridAction.nothing(positions), GridAction.nothing(positions)
    one.set_bus[:2] = 1
    one.set_line_status[4] = -1
    other.set_bus[1:3] = 2
    both = one + other
    assert both.set_bus[:4].tolist() == [1, 2, 2, 0]
    assert both.set_line_status[4] == -1
    assert not both.is_nothing
    assert GridAction.nothing(positions).is_nothing


def test_redispatching_there_and_back_adds_up(case14):
    positions = Positions.from_grid2op(case14)
    move = np.zeros(case14.n_gen, dtype=np.float32)
    move[np.flatnonzero(case14.gen_redispatchable)[:2]] = 1.5, -0.5
    nothing = GridAction.nothing(positions)
    action = nothing.plus(Redispatch(move))
    assert not action.is_topological
    assert not action.is_nothing
    assert nothing.is_topological
    assert action.part(Redispatch).moved_mw == 2.0
    back = GridAction.from_grid2op(action.to_grid2op(case14.action_space))
    np.testing.assert_array_equal(back.redispatch, move)
    np.testing.assert_array_equal((action + nothing).redispatch, move)
    np.testing.assert_array_equal((action + action).redispatch, 2 * move)
    assert GridAction.from_grid2op(nothing.to_grid2op(case14.action_space)).redispatch is None


def test_positions_are_grid2ops(neurips):
    positions, layout = Positions.from_grid2op(neurips), GridLayout.from_grid2op(neurips)
    np.testing.assert_array_equal(
        positions.substation, neurips.grid_objects_types[:, neurips.SUB_COL]
    )
    assert [positions.part(s) for s in range(neurips.n_sub)] == [
        layout.part(s) for s in range(neurips.n_sub)
    ]
    assert (positions.n_line, positions.dim_topo) == (neurips.n_line, neurips.dim_topo)
    np.testing.assert_array_equal(positions.substation[positions.load], neurips.load_to_subid)


def test_a_warning_is_a_part_like_others():
    environment = open_environment(Scenarios("l2rpn_idf_2023"))
    try:
        nothing = GridAction.nothing(Positions.from_grid2op(environment))
        alerts = Alert.of_numbers([1, 3], environment.dim_alerts)
        action = nothing.plus(alerts)
        assert action.is_topological
        assert not action.is_nothing
        back = GridAction.from_grid2op(action.to_grid2op(environment.action_space))
        assert back.part(Alert).to_grid2op() == [1, 3]
        both = action + nothing.plus(Alert.of_numbers([0], environment.dim_alerts))
        assert both.part(Alert).to_grid2op() == [0, 1, 3]
    finally:
        environment.close()
