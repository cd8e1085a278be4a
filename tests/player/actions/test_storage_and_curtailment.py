"""Storage and curtailment are parts of an action that grid2op reads as they are meant."""

import numpy as np
import pytest
from grid2op.Action import PlayableAction

from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.curtailment import UNCHANGED, Curtailment
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.storage import Storage
from powrl.player.grid.positions import Positions


@pytest.fixture(scope="module")
def grid():
    """14 substations with two storage units, where every kind of action is allowed."""
    environment = open_environment(Scenarios("educ_case14_storage"), action_class=PlayableAction)
    yield environment
    environment.close()


@pytest.fixture
def nothing(grid):
    return GridAction.nothing(Positions.from_grid2op(grid))


def limits_of(grid, **shares):
    limits = np.full(grid.n_gen, UNCHANGED, dtype=np.float32)
    for number, share in shares.items():
        limits[np.flatnonzero(grid.gen_renewable)[int(number[1:])]] = share
    return Curtailment(limits)


def test_storage_there_and_back_adds_up(grid, nothing):
    power = np.array([1.5, -2.0], dtype=np.float32)
    action = nothing.plus(Storage(power))
    assert not action.is_topological
    assert not action.is_nothing
    assert action.part(Storage).moved_mw == 3.5
    played = action.to_grid2op(grid.action_space)
    back = GridAction.from_grid2op(played)
    np.testing.assert_array_equal(back.part(Storage).values, power)
    both, twice = played + played, action + action
    np.testing.assert_array_equal(both.storage_p, twice.part(Storage).values)
    assert GridAction.from_grid2op(nothing.to_grid2op(grid.action_space)).part(Storage) is None


def test_the_last_of_two_limits_holds(grid, nothing):
    action = nothing.plus(limits_of(grid, _0=0.25))
    later = nothing.plus(limits_of(grid, _0=0.0, _1=1.0))
    assert not action.is_topological
    played = action.to_grid2op(grid.action_space) + later.to_grid2op(grid.action_space)
    both = (action + later).part(Curtailment)
    np.testing.assert_array_equal(
        GridAction.from_grid2op(played).part(Curtailment).values, both.values
    )
    assert sorted(both.values[grid.gen_renewable].tolist())[-2:] == [0.0, 1.0]


def test_a_limit_of_0_is_something_and_no_limit_is_nothing(grid, nothing):
    assert not nothing.plus(limits_of(grid, _0=0.0)).is_nothing
    action = nothing.plus(limits_of(grid))
    assert action.is_nothing
    assert action.is_topological
    assert GridAction.from_grid2op(action.to_grid2op(grid.action_space)).part(Curtailment) is None
