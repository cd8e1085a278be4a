"""Estimated loads after splits: close to those of AC, and what an island is."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.actions.action_set import ActionSet
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.state import GridState
from powrl.reduction.enumeration import unitary_topologies


@pytest.fixture(scope="module", params=["l2rpn_neurips_2020_track1", "l2rpn_wcci_2022_dev"])
def engine(request):
    engine = open_engine("fast", Scenarios(request.param), cached=False)
    yield engine
    engine.close()


def split_states(engine, count):
    """Along an episode in which substations are split, and stay so."""
    generator, simulator = np.random.default_rng(1), engine.simulator()
    actions = unitary_topologies(GridLayout.from_grid2op(engine.grid), 6)
    episode = engine.start(engine.scenarios[0], 0)
    state, states = GridState.from_observation(episode.observation), []
    while len(states) < count:
        allowed = np.flatnonzero(actions.allowed_in(state.topology, state.substation_cooldown))
        chosen = generator.choice(allowed, 1)
        played = simulator.play_topologies(state, actions.busbars_in(state.topology, chosen))
        if played.max_rho[0] < 1:
            state = played.state_after(0).without_cooldowns()
            states.append(state)
    return states


def with_storage_power(engine, state, megawatts):
    power = np.full(len(engine.model.positions.storage), megawatts, dtype=np.float32)
    return state.with_injections(replace(state.injections, storage_p=power))


def compared(engine, state):
    """Loads after all small splits and joins, estimated and solved; those of a calm grid alone."""
    simulator = engine.simulator()
    actions = unitary_topologies(GridLayout.from_grid2op(engine.grid), 6)
    allowed = np.flatnonzero(actions.allowed_in(state.topology, state.substation_cooldown))
    set_bus = actions.busbars_in(state.topology, allowed)
    topologies = np.where(set_bus != 0, set_bus, state.topology).astype(np.int32)
    estimated = simulator.estimate_topologies(state, set_bus)
    solved = simulator.rho_in(state, topologies)
    calm = estimated.alive & (solved.max(axis=1) < 1)
    assert calm.sum() > 100
    return estimated.rho[calm], solved[calm]


def test_loads_are_close_to_ac(engine):
    """Nearly all of what a split changes is known: an estimate in DC misses by 0.12."""
    errors = []
    for state in split_states(engine, 4):
        estimated, solved = compared(engine, with_storage_power(engine, state, 3))
        errors.append(np.abs(estimated - solved).max(axis=1))
        ranked = estimated.max(axis=1).argsort(kind="stable")[:3]
        assert solved[ranked].max(axis=1).min() <= solved.max(axis=1).min() + 0.001
    assert np.median(np.concatenate(errors)) < 0.01
    assert np.quantile(np.concatenate(errors), 0.9) < 0.06


def test_small_changes_are_known_better_than_large_ones(engine):
    """The error of a step of Newton's method is of the second order."""
    (state,) = split_states(engine, 1)
    solved_before = engine.simulator().rho_in(state, state.topology[None])
    estimated, solved = compared(engine, state)
    changes = np.abs(solved - solved_before).max(axis=1)
    errors = np.abs(estimated - solved).max(axis=1)
    assert np.quantile(errors / (changes**2 + 1e-4), 0.9) < 0.5


def test_the_topology_of_the_state_has_its_loads(engine):
    """Exactly where the substation is not split, and closely where it is joined and split again."""
    simulator, positions = engine.simulator(), engine.model.positions
    state = split_states(engine, 4)[-1]
    solved = simulator.rho_in(state, state.topology[None])[0]
    is_split = np.array(
        [(state.topology[positions.part(number)] == 2).any() for number in range(positions.n_sub)]
    )
    set_bus = np.zeros((positions.n_sub, positions.dim_topo), dtype=np.int8)
    set_bus[positions.substation, np.arange(positions.dim_topo)] = np.maximum(state.topology, 0)
    errors = np.abs(simulator.estimate_topologies(state, set_bus).rho - solved).max(axis=1)
    assert errors[~is_split].max() < 1e-5
    assert is_split.sum() >= 2
    assert np.median(errors[is_split]) < 0.05


def test_busbars_that_are_far_apart_are_joined_well(engine):
    """What answered to powers before they were joined says little of what does then."""
    simulator, positions = engine.simulator(), engine.model.positions
    actions = unitary_topologies(GridLayout.from_grid2op(engine.grid), 6)
    (state,) = split_states(engine, 1)
    state = state.nominal()
    everything = np.arange(len(actions))
    set_bus = actions.busbars_in(state.topology, everything)
    loads = simulator.play_topologies(state, set_bus).max_rho
    apart = np.zeros(len(actions))
    for number in np.flatnonzero((loads < 1.5) & (set_bus == 2).any(axis=1)).tolist():
        split = state.with_topology(np.where(set_bus[number] > 0, set_bus[number], state.topology))
        flow = simulator._estimator.at(split)._flow
        places = positions.part(actions.actions[number].substation)
        first, second = (flow.bus[places][split.topology[places] == one][0] for one in (1, 2))
        apart[number] = abs(np.angle(flow.voltages[first] / flow.voltages[second]))
    number = int(apart.argmax())
    assert apart[number] > 0.3
    split = state.with_topology(np.where(set_bus[number] > 0, set_bus[number], state.topology))
    rivals = np.flatnonzero(actions.substations == actions.actions[number].substation)
    set_bus = actions.busbars_in(split.topology, rivals)
    topologies = np.where(set_bus > 0, set_bus, split.topology).astype(np.int32)
    solved = simulator.rho_in(split, topologies)
    calm = solved.max(axis=1) < 1.5
    errors = np.abs(simulator.estimate_topologies(split, set_bus).rho - solved)[calm].max(axis=1)
    assert len(errors) >= 5
    assert np.quantile(errors, 0.7) < 0.1


def test_a_line_that_is_out_stays_out(engine):
    """And does not make its substations look split."""
    simulator, positions = engine.simulator(), engine.model.positions
    (state,) = split_states(engine, 1)
    state = state.nominal().without_line(positions, 5)
    estimated, solved = compared(engine, state)
    assert not estimated[:, 5].any()
    assert np.median(np.abs(estimated - solved).max(axis=1)) < 0.01
    everything = np.ones((1, positions.dim_topo), dtype=np.int8)
    everything[0, positions.substation != positions.substation[positions.origin[5]]] = 0
    (rho,) = simulator._estimator.at(state).rho_after(everything)
    np.testing.assert_allclose(rho, simulator.rho_in(state, state.topology[None])[0], atol=1e-5)
    ends = positions.substation[[positions.origin[5], positions.extremity[5]]]
    estimate = simulator._estimator.at(state)
    assert not estimate._is_split()[ends].any()


def test_actions_that_open_no_line_open_none(engine):
    simulator = engine.simulator()
    actions = unitary_topologies(GridLayout.from_grid2op(engine.grid), 6)
    (state,) = split_states(engine, 1)
    allowed = np.flatnonzero(actions.allowed_in(state.topology, state.substation_cooldown))
    set_bus = actions.busbars_in(state.topology, allowed[:50])
    estimated = simulator.estimate_topologies(state, set_bus)
    np.testing.assert_array_equal(
        estimated.before, simulator.play_topologies(state, set_bus).before
    )
    assert not estimated.opened.any()


def test_an_island_is_a_game_over(engine):
    """A load alone on its busbar."""
    simulator, positions = engine.simulator(), engine.model.positions
    (state,) = split_states(engine, 1)
    set_bus = np.zeros((1, positions.dim_topo), dtype=np.int8)
    set_bus[0, positions.load[0]] = 2
    state = state.nominal()
    assert simulator.estimate_topologies(state, set_bus).max_rho.tolist() == [np.inf]


def test_nothing_is_estimated_without_a_solution(engine):
    (state,) = split_states(engine, 1)
    heavy = state.injections.load_p * np.float32(20)
    state = state.with_injections(replace(state.injections, load_p=heavy))
    set_bus = np.zeros((1, len(state.topology)), dtype=np.int8)
    assert engine.simulator().estimate_topologies(state, set_bus) is None


def test_an_action_in_cooldown_is_illegal(engine):
    actions: ActionSet = unitary_topologies(GridLayout.from_grid2op(engine.grid), 6)
    (state,) = split_states(engine, 1)
    cooldown = np.ones_like(state.substation_cooldown)
    set_bus = actions.busbars_in(state.topology, np.arange(1))
    estimated = engine.simulator().estimate_topologies(
        replace(state, substation_cooldown=cooldown), set_bus
    )
    assert not estimated.legality.playable[0]
