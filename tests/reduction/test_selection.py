"""The order covers the hard states first, then answers elsewhere; what is counted is what is so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from powrl.player.actions.action_set import ActionSet, TopologyAction
from powrl.player.grid.layout import GridLayout
from powrl.reduction.coverage import by_cause, coverage, reasons, solved_by_number
from powrl.reduction.evaluation import BEST, DEPTH, Evaluation
from powrl.reduction.selection import select_actions

NO = np.inf


def evaluation(loads, nothing=1.5, worst=None, sequences=None, causes=None) -> Evaluation:
    loads = np.array(loads, dtype=np.float32)
    n = len(loads)
    best = np.full((n, BEST), -1, dtype=np.int32)
    worst_loads = np.full((n, BEST), NO, dtype=np.float32)
    for row in range(n):
        order = [index for index in np.argsort(loads[row]) if loads[row, index] < NO][:BEST]
        best[row, : len(order)] = order
        if worst is not None:
            worst_loads[row, : len(order)] = np.array(worst[row])[order]
    parts = np.full((n, DEPTH), -1, dtype=np.int32)
    for row, sequence in (sequences or {}).items():
        parts[row, : len(sequence)] = sequence
    return Evaluation(
        np.array(causes or ["load"] * n),
        np.full(n, nothing, dtype=np.float32),
        loads,
        best,
        worst_loads,
        parts,
        np.ones(n, dtype=bool),
    )


def order(states: Evaluation, substations) -> list[int]:
    return list(select_actions(states, np.array(substations)).order)


class TestOrder:
    def test_what_solves_most_comes_first(self):
        states = evaluation([[1.4, 0.8, 0.95], [1.4, 0.8, 0.95], [1.4, 1.2, 0.95]])
        assert order(states, [0, 1, 2])[0] == 2

    def test_states_that_others_do_not_solve_come_before_alternatives(self):
        states = evaluation([[0.8, 0.85, 1.5], [0.8, 0.85, 1.5], [1.5, 1.5, 0.9]])
        assert order(states, [0, 1, 2]) == [0, 2, 1]

    def test_the_second_answer_is_at_another_substation(self):
        states = evaluation([[0.80, 0.85, 0.95]] * 3)
        assert order(states, [0, 0, 1]) == [0, 2, 1]

    def test_of_equal_answers_the_one_that_is_secure_comes_first(self):
        states = evaluation([[0.9, 0.9]] * 3, worst=[[1.9, 1.1]] * 3)
        assert order(states, [0, 1]) == [1, 0]

    def test_parts_of_sequences_are_kept(self):
        states = evaluation([[1.4, 1.4, 1.4, 1.4]] * 3, sequences={row: [3, 1] for row in range(3)})
        assert set(order(states, [0, 1, 2, 3])[:2]) == {1, 3}

    def test_states_that_none_solves_ask_for_no_more_than_an_answer_at_each_substation(self):
        loads = np.linspace(1.1, 1.4, 6)[None].repeat(100, axis=0)
        selection = select_actions(evaluation(loads), np.array([0, 0, 0, 1, 1, 1]))
        assert selection.order[:2] == (0, 3)
        assert selection.rounds == (1, 2, 0, 0, 0, 0)

    def test_what_no_round_takes_follows_by_turns(self):
        states = evaluation([[0.85, 0.86, 0.87, 0.89, 0.9]])
        selection = select_actions(states, np.array([0, 0, 0, 1, 1]))
        assert selection.rounds == (1, 2, 0, 0, 0)
        assert selection.order == (0, 3, 1, 4, 2)

    def test_relief_counts_little_and_only_where_nothing_solves(self):
        relieved = [[1.3, 1.5, 1.5]] * 5
        assert order(evaluation([*relieved, [1.5, 0.99, 1.0]]), [0, 1, 2]) == [1, 0, 2]

    @given(arrays(np.float32, (6, 5), elements=st.floats(0.5, 2.5, width=32)))
    def test_each_action_once_and_none_lost(self, loads):
        selection = select_actions(evaluation(loads), np.array([0, 0, 1, 1, 2]))
        assert sorted(selection.order) == list(range(5))
        taken = [number for number in selection.rounds if number]
        assert taken == sorted(taken)
        assert selection.rounds[len(taken) :] == (0,) * (5 - len(taken))


class TestCoverage:
    EVALUATION = evaluation(
        [[0.8, 1.2, NO], [1.2, 0.9, NO], [1.2, 1.1, NO], [NO, NO, NO]],
        worst=[[0.9, 2, 2], [2, 1.3, 2], [2, 2, 2], [2, 2, 2]],
        sequences={2: [0, 2]},
        causes=["attack", "load", "load", "split"],
    )

    def test_counts(self):
        one = coverage(self.EVALUATION, [0])
        assert (one.n_states, one.solvable, one.solved, one.secure) == (4, 2, 1, 1)
        assert (one.sequences, one.solved_by_sequence, one.share) == (1, 0, 0.5)
        both = coverage(self.EVALUATION, [0, 2])
        assert (both.solved, both.solved_by_sequence) == (1, 1)
        assert coverage(self.EVALUATION, [0, 1, 2]).share == 1
        assert coverage(self.EVALUATION, []).solved == 0
        assert coverage(self.EVALUATION.rows(np.array([3])), [0, 1]).share is None

    def test_by_cause_and_by_number(self):
        assert [*by_cause(self.EVALUATION, [0])] == ["attack", "split", "load"]
        assert by_cause(self.EVALUATION, [0])["attack"].solved == 1
        assert by_cause(self.EVALUATION, [0])["load"].solved == 0
        assert solved_by_number(self.EVALUATION, [2, 1, 0]) == [0, 1, 2]

    def test_reasons(self):
        layout = GridLayout(("west",), (("line a origin", "line b origin", "load c", "load d"),))
        busbars = [(1, 1, 2, 2), (1, 2, 1, 2), (1, 2, 2, 1)]
        actions = ActionSet(layout, tuple(TopologyAction(0, vector) for vector in busbars))
        states = evaluation([[0.8, 0.81, NO], [1.2, 0.9, NO]], causes=["attack", "load"])
        rows = reasons(states, select_actions(states, actions.substations), actions, [1, 3])
        assert [row["number"] for row in rows] == [1, 2, 3]
        first = rows[0]
        assert (first["set"], first["best"], first["near_best"], first["only"]) == (1, 1, 2, 2)
        assert (first["near_best_attack"], first["near_best_load"]) == (1, 1)
        assert first["action"] == "west: line b origin, load d on busbar 2"
        assert first["kept_for"] == "coverage"
        assert rows[1]["set"] == rows[2]["set"] == 3
        assert rows[1]["only"] == 0


def test_joined_and_parted():
    states = evaluation([[0.8], [0.9], [1.2]])
    again = Evaluation.joined([states.rows(np.array([0])), states.rows(np.array([1, 2]))])
    np.testing.assert_array_equal(again.loads, states.loads)
    assert again.solved_by_one.tolist() == [True, True, False]


@pytest.mark.parametrize("n", [0, 1])
def test_without_states_or_with_one(n):
    assert order(evaluation(np.full((n, 2), 0.9)), [0, 1]) == [0, 1]
