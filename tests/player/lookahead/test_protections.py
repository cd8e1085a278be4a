"""Overloads that no action ends are handed from line to line before the protections act."""

from dataclasses import replace

import grid2op
import numpy as np
import pytest
from grid2op.Chronics import ChangeNothing
from lightsim2grid import LightSimBackend

from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.batch_result import PlayedActions
from powrl.player.lookahead.beam_search import by_outcome, search_sequence
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.protections import dangers
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
    assert min(one.outcome.max_rho for one in solutions(simulator, state, actions)) > 1.1
    states = played(simulator, state, actions, dangers)
    assert len(states) == STEPS
    endured = simulator.rules.overflow_steps
    overloaded = {int(line) for after in states for line in np.flatnonzero(after.overflow_steps)}
    assert len(overloaded) > 1
    for after in states:
        assert after.line_status(simulator.positions).all()
        assert after.overflow_steps.max() <= endured


def test_by_the_loads_alone_the_grid_breaks_down(strained):
    by_load = by_outcome(lambda outcome: outcome.max_rho)
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
        values = []
        for counted in range(endured + 1):
            late = replace(after, overflow_steps=np.where(over, counted, 0))
            ((value,), _) = dangers(simulator.play_state(late, action))
            values.append(value)
        assert values == sorted(values)
        assert values[-1] > values[0] + 5


def test_what_the_protections_risk_is_lines_that_are_open_and_lines_that_may_trip(strained):
    """An overload that they still endure is no risk."""
    simulator, state, _ = strained
    nothing, line = [GridAction.nothing(simulator.positions)], 0
    currents = simulator.play_state(state, nothing).currents[0]
    for load, counted, expected in (
        (1.1, simulator.rules.overflow_steps, 10.0),
        (0.99, simulator.rules.overflow_steps, 5.0),
        (1.1, 0, 0.0),
    ):
        limits, steps = 10 * currents, np.zeros_like(state.overflow_steps)
        limits[line], steps[line] = currents[line] / load, counted
        late = replace(state, thermal_limits=limits, overflow_steps=steps)
        batch = simulator.play_state(late, nothing)
        assert batch.alive.all()
        _, risks = dangers(batch)
        assert risks == pytest.approx([expected], abs=0.05)


def test_solutions_of_several_batches_are_ranked_as_each_by_itself(strained):
    simulator, state, actions = strained
    counted = np.where(np.arange(len(state.overflow_steps)) % 2, simulator.rules.overflow_steps, 1)
    late = replace(state, overflow_steps=counted)
    moves = actions.candidates(late.topology, late.substation_cooldown)[1]
    batches = [simulator.play_state(late, part).solutions() for part in (moves[:40], moves[40:80])]
    several = [one for pair in zip(*batches, strict=True) for one in pair]
    values, risks = dangers(PlayedActions.gathered(several))
    apart = [dangers(PlayedActions.gathered([one])) for one in several]
    assert len(set(risks.tolist())) > 2
    np.testing.assert_allclose(values, [value for (value,), _ in apart], rtol=1e-12)
    np.testing.assert_allclose(risks, [risk for _, (risk,) in apart], rtol=1e-12)
