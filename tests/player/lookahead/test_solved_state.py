"""From one state each action is solved once."""

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.redispatch import Redispatch
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.solved_state import SolvedState
from powrl.reduction.enumeration import unitary_topologies


@pytest.fixture
def simulator(case14):
    return batch_simulator(case14)


@pytest.fixture
def batches(simulator, monkeypatch):
    """How many actions were solved at once, each time."""
    sizes, play_state = [], simulator.play_state

    def counted(state, actions):
        sizes.append(len(actions))
        return play_state(state, actions)

    monkeypatch.setattr(simulator, "play_state", counted)
    return sizes


@pytest.fixture
def clock():
    return Clock(100)


@pytest.fixture
def solved(case14, simulator, clock):
    return SolvedState(simulator, simulator.state_of(case14.get_obs()), clock)


@pytest.fixture
def actions(case14):
    action_set = unitary_topologies(GridLayout.from_grid2op(case14))
    topology = case14.get_obs().topo_vect
    return [action_set.played_in(topology, index) for index in range(6)]


def test_no_action_is_solved_twice(solved, actions, batches):
    first = solved.solve(actions[:3])
    again = solved.solve([actions[2], actions[4], actions[0]])
    assert batches == [3, 1]
    assert again[0] is first[2]
    assert again[2] is first[0]
    solved.solve(actions[:3])
    assert batches == [3, 1]


def test_an_action_that_comes_twice_is_solved_once(solved, actions, batches):
    first, second, third = solved.solve([actions[0], actions[1], actions[0]])
    assert batches == [2]
    assert first is third
    assert first is not second


def test_an_equal_action_is_the_same(case14, solved, batches):
    positions = Positions.from_grid2op(case14)
    (one,) = solved.solve([GridAction.nothing(positions)])
    (other,) = solved.solve([GridAction.nothing(positions)])
    moved = GridAction.nothing(positions).plus(Redispatch(np.ones(case14.n_gen, np.float32)))
    (topological,) = solved.solve([moved])
    assert one is other is topological
    assert batches == [1]


def test_solutions_are_those_of_the_batch_in_order(case14, simulator, solved, actions):
    observation = case14.get_obs()
    solutions = solved.solve(actions[::-1])
    for solution, outcome in zip(
        solutions, simulator.evaluate(observation, actions[::-1]), strict=True
    ):
        assert solution.outcome.legal is outcome.legal
        assert solution.outcome.game_over is outcome.game_over
        np.testing.assert_allclose(solution.outcome.rho, outcome.rho, rtol=1e-5)


def test_power_flows_are_counted_once(solved, actions, clock):
    solved.solve(actions[:3])
    solved.solve(actions[:3])
    clock.count(96)
    assert clock.has_left
    clock.count(1)
    assert not clock.has_left


def test_nothing_to_solve_costs_nothing(solved, batches):
    assert solved.solve([]) == []
    assert not batches
