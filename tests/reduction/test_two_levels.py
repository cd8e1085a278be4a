"""Two levels try the substations in full that a first look finds best."""

import numpy as np
import pytest

from powrl.reduction.evaluation import evaluate_states
from powrl.reduction.two_levels import PROBES, ActionSubset, TwoLevels


@pytest.fixture(scope="module")
def states(collect):
    return collect(12)


def test_all_of_the_best_substations_and_of_no_others(engine, actions, states):
    levels = TwoLevels(actions, engine.simulator(), 2)
    chosen = []
    for hard in states:
        worth = levels.worth_trying(hard.state)
        substations = np.unique(actions.substations[worth])
        assert len(substations) == 2
        np.testing.assert_array_equal(
            worth, np.flatnonzero(np.isin(actions.substations, substations))
        )
        assert (hard.state.substation_cooldown[substations] == 0).all()
        chosen.append(tuple(substations))
    assert len(set(chosen)) > 1  # it depends on the state


def test_without_a_number_all_are_worth_trying(engine, actions, states):
    levels = TwoLevels(actions, engine.simulator(), 0)
    np.testing.assert_array_equal(levels.worth_trying(states[0].state), np.arange(len(actions)))


def test_the_first_look_is_a_few_of_each_substation(engine, actions):
    probes = TwoLevels(actions, engine.simulator(), 2)._probes
    assert set(probes) <= set(actions)
    assert set(probes.substations) == set(actions.substations)
    assert np.bincount(probes.substations).max() <= PROBES


def test_some_actions_keep_their_numbers(actions, states):
    state = states[0].state
    numbers = np.arange(3, len(actions), 2)
    subset = ActionSubset(actions, numbers)
    allowed = np.flatnonzero(subset.allowed_in(state.topology, state.substation_cooldown))
    everything, moves = actions.candidates(state.topology, state.substation_cooldown)
    assert set(allowed) == set(everything) & set(numbers)
    rows = subset.busbars_in(state.topology, allowed)
    for number, move, row in zip(
        allowed, subset.moves_in(state.topology, allowed), rows, strict=True
    ):
        (place,) = np.flatnonzero(everything == number)
        np.testing.assert_array_equal(move.set_bus, moves[place].set_bus)
        np.testing.assert_array_equal(row, move.set_bus)


def test_single_actions_are_tried_all_and_sequences_are_of_the_best_substations(
    engine, actions, states
):
    simulator, none = engine.simulator(), np.array([], dtype=int)
    plain = evaluate_states(states, simulator, actions, none)
    evaluated = evaluate_states(states, simulator, actions, none, substations=1)
    np.testing.assert_array_equal(evaluated.loads, plain.loads)
    assert plain.in_view.all()
    assert 0 < evaluated.in_view.mean() < 1
    levels = TwoLevels(actions, simulator, 1)
    for row, hard in enumerate(states):
        parts = evaluated.sequences[row][evaluated.sequences[row] >= 0]
        assert np.isin(parts, levels.worth_trying(hard.state)).all()
