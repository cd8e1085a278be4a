"""Voltages answer to powers by the derivative of the power flow; joined busbars are those of AC."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.lookahead.linear_flow import LinearFlow, solve_two
from tests.player.lookahead.test_split_estimate import split_states

STEP = 0.05
"""MW and MVAr."""


@pytest.fixture(scope="module", params=["l2rpn_neurips_2020_track1", "l2rpn_wcci_2022_dev"])
def engine(request):
    engine = open_engine("fast", Scenarios(request.param), cached=False)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def state(engine):
    return split_states(engine, 4)[-1]


def solved(grid, state, topology, **injections):
    grid.set_topology(topology)
    grid.set_injections(replace(state.injections, **injections))
    assert grid.solve()
    return LinearFlow(grid, topology)


@pytest.mark.parametrize(("name", "part"), [("load_p", 0), ("load_q", 1)])
def test_the_response_is_the_derivative(engine, state, name, part):
    grid, values = engine.model.copy(), getattr(state.injections, name).astype(float)
    flow = solved(grid, state, state.topology)
    n_bus, base = len(flow.voltages), grid.lsgrid.get_sn_mva()
    assert flow.response.shape == (2 * n_bus, n_bus)
    for load in range(0, len(values), 7):
        changed = np.log(
            [
                solved(grid, state, state.topology, **{name: values + sign * STEP}).voltages
                for sign in np.eye(len(values))[load] * np.array([[1.0], [-1.0]])
            ]
        )
        expected = (changed[0] - changed[1]) / (2 * STEP / base)
        bus = flow.bus[grid.positions.load[load]]
        response = -flow.response[part * n_bus + bus]
        np.testing.assert_allclose(response, expected, atol=1e-4 + 1e-3 * np.abs(expected).max())


def test_joined_busbars_are_nearly_those_of_ac(engine, state):
    grid, positions = engine.model.copy(), engine.model.positions
    flow = solved(grid, state, state.topology)
    split = np.unique(positions.substation[state.topology == 2])
    ends = [np.flatnonzero(positions.substation == one) for one in split]
    first, second = (
        np.array([flow.bus[one[state.topology[one] == busbar][0]] for one in ends])
        for busbar in (1, 2)
    )
    voltages, responses = flow.joined(first, second)
    assert len(split) >= 2
    for number, substation in enumerate(split):
        topology = np.where(positions.substation == substation, 1, state.topology)
        expected = solved(grid, state, topology.astype(np.int32))
        bus = np.where(flow.bus == second[number], first[number], flow.bus)
        np.testing.assert_allclose(
            voltages[number][bus], expected.voltages[expected.bus], atol=2e-4
        )
        places = expected.bus[positions.load]
        response = responses[number][flow.bus[positions.load]][:, bus[positions.load]]
        np.testing.assert_allclose(
            response, expected.response[places][:, places], atol=1e-3 * np.abs(response).max()
        )


def test_two_numbers_solve_their_equation():
    first, second = solve_two(np.array([1 + 2j]), np.array([3 - 1j]), np.array([5 + 3j]))
    np.testing.assert_allclose(first * (1 + 2j) + second * (3 - 1j), 5 + 3j)
