"""Slopes of line loads foretell the power flow with generators moved."""

from dataclasses import replace

import numpy as np

from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.sensitivity import GeneratorSensitivity
from powrl.player.lookahead.state import GridState


def test_slopes_foretell_moved_generators(neurips):
    batch, positions = batch_simulator(neurips), Positions.from_grid2op(neurips)
    generators = np.flatnonzero(neurips.gen_redispatchable)
    sensitivity = GeneratorSensitivity(batch.grid_copy(), generators, neurips.gen_pmax[generators])
    state = GridState.from_observation(neurips.get_obs())
    slack = [each.is_slack for each in neurips.backend._grid.get_generators()]
    for line in (None, 0, 9):
        case = state if line is None else state.without_line(positions, line)
        rho, slopes = sensitivity.at(case)
        assert not slopes[:, np.array(slack)[generators]].any()
        assert np.abs(slopes).max() > 1e-3
        move = np.where(np.arange(len(generators)) % 2, 4.0, -4.0)
        moved = case.injections.gen_p.copy()
        moved[generators] += move
        after = batch.evaluate_state(
            case.with_injections(replace(case.injections, gen_p=moved)),
            [GridAction.nothing(positions)],
        )[0]
        assert np.abs(rho - after.rho).max() > 0.01
        loaded = rho > 0.2  # a line without flow may turn its direction, which is no slope
        foretold = (rho + slopes @ move)[loaded]
        np.testing.assert_allclose(foretold, after.rho[loaded], atol=0.01)


def test_what_was_asked_before_makes_no_difference(neurips):
    batch, positions = batch_simulator(neurips), Positions.from_grid2op(neurips)
    generators = np.flatnonzero(neurips.gen_redispatchable)
    state = GridState.from_observation(neurips.get_obs())
    cases = [state, *(state.without_line(positions, line) for line in (0, 9, 17))]
    answers = []
    for order in (range(4), (0, 3, 1, 2)):
        limits = neurips.gen_pmax[generators]
        sensitivity = GeneratorSensitivity(batch.grid_copy(), generators, limits)
        answers.append({number: sensitivity.at(cases[number]) for number in order})
    for number in range(4):
        for one, other in zip(answers[0][number], answers[1][number], strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_grid_without_a_solution_has_none(neurips):
    batch, positions = batch_simulator(neurips), Positions.from_grid2op(neurips)
    state = GridState.from_observation(neurips.get_obs())
    topology = state.topology.copy()
    topology[positions.part(1)] = -1
    sensitivity = GeneratorSensitivity(batch.grid_copy(), np.array([0]), np.array([50.0]))
    assert sensitivity.at(state.with_topology(topology)) is None
