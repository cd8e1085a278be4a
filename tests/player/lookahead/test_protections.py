"""Overloads that no action ends are handed from line to line before the protections act."""

from dataclasses import replace

import grid2op
import numpy as np
import pytest
from grid2op.Chronics import ChangeNothing
from lightsim2grid import LightSimBackend

from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.beam_search import search_sequence
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.protections import danger
from powrl.player.lookahead.solved_state import SolvedState
from powrl.player.lookahead.state import GridState
from powrl.reduction.enumeration import unitary_topologies

STEPS = 8


@pytest.fixture(scope="module")
def strained():
    """Simulator, state and actions where the best action leaves a load of 1.18, forever."""
    environment = grid2op.make(
        "rte_case14_realistic", test=True, backend=LightSimBackend(), chronics_class=ChangeNothing
    )
    highest = environment.reset().rho.max()
    environment.set_thermal_limit(environment.get_thermal_limit() * np.float32(highest / 1.5))
    observation = environment.reset()
    injections = observation.get_forecasted_inj(0)  # grid2op forecasts nothing here
    observation.get_forecasted_inj = lambda _: injections
    yield (
        batch_simulator(environment),
        GridState.from_observation(observation),
        unitary_topologies(GridLayout.from_grid2op(environment)),
    )
    environment.close()


def by_load(solution):
    return solution.outcome.max_rho


def played(simulator, state, actions, rank):
    """The states of `STEPS` steps, each with a search of its own; fewer where it finds nothing."""
    states = []
    while len(states) < STEPS:
        root = SolvedState(simulator, state, Clock())
        sequence = search_sequence(root, actions, rank, 0.98, width=5, depth=5)
        if sequence is None:
            break
        state = simulator.play_state(state, [sequence.actions[0]]).state_after(0)
        states.append(state)
    return states


def test_overloads_are_handed_from_line_to_line(strained):
    simulator, state, actions = strained
    assert min(map(by_load, solutions(simulator, state, actions))) > 1.1
    states = played(simulator, state, actions, danger)
    assert len(states) == STEPS
    endured = simulator.rules.overflow_steps
    overloaded = {int(line) for after in states for line in np.flatnonzero(after.overflow_steps)}
    assert len(overloaded) > 1
    for after in states:
        assert after.line_status(simulator.positions).all()
        assert after.overflow_steps.max() <= endured


def test_by_the_loads_alone_the_grid_breaks_down(strained):
    assert len(played(*strained, by_load)) < STEPS


def solutions(simulator, state, actions):
    moves = actions.candidates(state.topology, state.substation_cooldown)[1]
    return simulator.play_state(state, moves).solutions()


def test_a_line_about_to_trip_is_worse_than_an_overload(strained):
    simulator, state, actions = strained
    endured = simulator.rules.overflow_steps
    for solution in solutions(simulator, state, actions)[::7]:
        over = solution.outcome.rho > 1
        if solution.outcome.max_rho == np.inf or not over.any():
            continue
        action = [GridAction.nothing(simulator.positions)]
        after = state.with_topology(solution.topology)
        dangers = []
        for counted in range(endured + 1):
            late = replace(after, overflow_steps=np.where(over, counted, 0))
            dangers.append(danger(simulator.play_state(late, action).solutions()[0]))
        assert dangers == sorted(dangers)
        assert dangers[-1] > dangers[0] + 5


def test_what_ends_the_episode_is_never_chosen(strained):
    simulator, state, _ = strained
    isolated = GridAction.nothing(simulator.positions)
    isolated.set_bus[simulator.positions.load[0]] = 2
    (end,) = simulator.play_state(state, [isolated]).solutions()
    assert danger(end) == np.inf
