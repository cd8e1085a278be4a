"""Estimated loads after splits: exact in DC, close in AC, and what an island is."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.actions.action_set import ActionSet
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.grid_model import GridModel
from powrl.player.lookahead.split_estimate import SplitEstimator
from powrl.player.lookahead.state import GridState
from powrl.reduction.enumeration import unitary_topologies


@pytest.fixture(scope="module", params=["rte_case14_realistic", "l2rpn_neurips_2020_track1"])
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


def all_topologies(positions, state, substation):
    part = positions.part(substation)
    rows = [(1, *row) for row in product((1, 2), repeat=part.stop - part.start - 1)]
    set_bus = np.zeros((len(rows), positions.dim_topo), dtype=np.int8)
    set_bus[:, part] = np.where(state.topology[part] > 0, rows, 0)
    return set_bus


def dc_solve(grid):
    grid._voltages = grid.lsgrid.dc_pf(grid.flat, 10, 1e-8)
    return len(grid._voltages) > 0


def test_splits_and_joins_are_exact_in_dc(engine, monkeypatch):
    """From the flows of a DC power flow, those after the action are DC's own."""
    monkeypatch.setattr(GridModel, "solve", dc_solve)
    positions = engine.model.positions
    estimator, grid = SplitEstimator(engine.model.copy()), engine.model.copy()
    sizes, compared, joined = np.bincount(positions.substation), 0, 0
    lines = grid.lsgrid.get_line_res1, grid.lsgrid.get_trafo_res1
    for state in split_states(engine, 4):
        grid.set_injections(state.injections)
        estimate = estimator.at(state)
        for substation in np.flatnonzero((sizes >= 4) & (sizes <= 7)).tolist():
            set_bus = all_topologies(positions, state, substation)[::3]
            is_split = bool((state.topology[positions.part(substation)] == 2).any())
            for row, rho in zip(set_bus, estimate.rho_after(set_bus), strict=True):
                grid.set_topology(np.where(row != 0, row, state.topology).astype(np.int32))
                if not grid.solve():
                    assert np.isinf(rho).all()
                    continue
                power = np.concatenate([results()[0] for results in lines])
                expected = np.abs(power) * estimate._per_mva  # DC moves no voltage
                np.testing.assert_allclose(rho, expected, rtol=1e-4, atol=1e-5)
                compared, joined = compared + 1, joined + is_split
    assert compared > 100
    assert joined > 20


def test_loads_are_close_to_ac(engine):
    simulator = engine.simulator()
    actions = unitary_topologies(GridLayout.from_grid2op(engine.grid), 6)
    errors = []
    for state in split_states(engine, 4):
        allowed = np.flatnonzero(actions.allowed_in(state.topology, state.substation_cooldown))
        set_bus = actions.busbars_in(state.topology, allowed)
        solved = simulator.play_topologies(state, set_bus)
        estimated = simulator.estimate_topologies(state, set_bus)
        np.testing.assert_array_equal(estimated.before, solved.before)
        assert not estimated.opened.any()
        calm = solved.alive & estimated.alive & (solved.max_rho < 1)
        assert calm.sum() > 10
        errors.append(np.abs(estimated.rho[calm] - solved.rho[calm]).ravel())
        ranked = estimated.max_rho.argsort(kind="stable")[:20]
        assert solved.max_rho[ranked].min() <= solved.max_rho.min() + 0.01
    assert np.median(np.concatenate(errors)) < 0.015
    assert np.quantile(np.concatenate(errors), 0.95) < 0.1


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
