"""Loads that moves leave beyond limits: of cases that were solved together, and of others."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.environments.episodes import start_episode
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.sensitivity import GeneratorSensitivity
from powrl.player.lookahead.state import GridState
from powrl.player.rules.case import Case
from powrl.player.rules.case_loads import CaseLoads
from tests.player.rules.array_slopes import array_slopes

LINES = 0, 9, 17


@pytest.fixture
def solved(neurips):
    """Cases of a grid and of three losses in it, solved together."""
    start_episode(neurips, 0, 0)
    generators = np.flatnonzero(neurips.gen_redispatchable)
    sensitivity = GeneratorSensitivity(batch_simulator(neurips).grid_copy(), generators)
    state, positions = (
        GridState.from_observation(neurips.get_obs()),
        Positions.from_grid2op(neurips),
    )
    states = [state, *state.without_each(positions, np.array(LINES))]
    return [
        Case(*answer, limit, weight)
        for answer, limit, weight in zip(
            sensitivity.at_many(states), (0.5, 0.55, 0.5, 0.5), (1.0, 2.0, 0.0, 4.0), strict=True
        )
    ]


def moves_for(case):
    moves = np.random.default_rng(0).normal(0, 5, case.slopes.all().shape[1])
    return moves - moves.mean()


def by_load(rows):
    """The loads in an order of their own."""
    slopes, room, weights = rows
    order = np.lexsort((room, weights))
    return slopes[order], room[order], weights[order]


@pytest.mark.parametrize("shift", [None, 3.0])
def test_cases_together_miss_what_each_misses(solved, shift):
    """Also with an offset, a weight of each line, and slopes that are all known."""
    moves = moves_for(solved[0])
    offset = None if shift is None else shift * np.roll(moves, 1)
    cases = [replace(case, offset=offset) for case in solved]
    weights = np.linspace(0, 1, len(cases[0].rho)).round(1)
    cases[1] = replace(cases[1], weight=weights)
    cases[3] = replace(cases[3], slopes=array_slopes(cases[3].slopes.all()))
    expected = []
    for case in cases:
        lines, loads = case.beyond(moves)
        slopes = case.slopes[lines]
        room = slopes @ moves - (loads - case.limit)
        expected.append((slopes, room, np.full_like(case.rho, case.weight)[lines]))
    expected = by_load(map(np.concatenate, zip(*expected, strict=True)))
    loads = CaseLoads(cases)
    rows = by_load(loads.missed(moves))
    assert len(rows[1]) > 5
    for one, other in zip(rows, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-7)
    assert loads.missed(moves) is None


def test_each_load_is_missed_once(solved):
    loads, moves = CaseLoads(solved), moves_for(solved[0])
    first = loads.missed(np.zeros_like(moves))
    further = loads.missed(10 * moves)
    alone = CaseLoads(solved).missed(10 * moves)
    rooms = set(first[1].round(9)), set(further[1].round(9))
    assert not rooms[0] & rooms[1]
    assert set(alone[1].round(9)) <= rooms[0] | rooms[1]


def test_without_cases_nothing_is_missed():
    assert CaseLoads([]).missed(np.zeros(3)) is None
