"""Reduction: stressed states are real, equal actions are dropped, and the choice covers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from powrl.actions.action_set import ActionSet, TopologyAction
from powrl.actions.enumeration import unitary_topologies
from powrl.errors import PowrlError
from powrl.grid.environments import Scenarios
from powrl.grid.layout import GridLayout
from powrl.overload.settings import OverloadSettings
from powrl.reduction.reduce import reduce_actions
from powrl.reduction.selection import select_actions
from powrl.reduction.states import StressedStates, collect_stressed_states, distinct_actions
from powrl.stepping.grid2op_engine import Grid2opEngine

CASE14 = Scenarios("rte_case14_realistic")


def states(nothing: list[float], after: list[list[float]]) -> StressedStates:
    return StressedStates(np.array(nothing), np.array(after, dtype=float))


class TestSelection:
    def test_the_most_useful_action_comes_first(self):
        chosen = select_actions(states([1.5, 1.5], [[1.4, 0.8, 1.5], [1.4, 0.8, 1.5]]), 3, 0.9)
        assert chosen == [1, 0]

    def test_states_that_others_do_not_solve_come_before_alternatives(self):
        after = [[0.8, 0.85, 1.5], [0.8, 0.85, 1.5], [1.5, 1.5, 0.9]]
        assert select_actions(states([1.5] * 3, after), 3, 0.9) == [0, 2, 1]

    def test_actions_that_relieve_nothing_are_left_out(self):
        assert select_actions(states([1.1], [[1.2, np.inf, 1.1]]), 3, 0.9) == []

    def test_a_blackout_counts_as_the_worst_load(self):
        assert select_actions(states([np.inf], [[1.9, 1.5]]), 1, 0.9) == [1]

    @given(
        arrays(np.float64, (6, 5), elements=st.floats(0.5, 2.5)),
        arrays(np.float64, 6, elements=st.floats(0.95, 2.5)),
        st.integers(0, 7),
    )
    def test_never_more_than_asked_for_and_none_twice(self, after, nothing, size):
        chosen = select_actions(StressedStates(nothing, after), size, 0.9)
        assert len(chosen) <= size
        assert len(set(chosen)) == len(chosen)

    @given(arrays(np.float64, (6, 5), elements=st.floats(0.5, 2.5)))
    def test_all_actions_together_lose_nothing(self, after):
        nothing = np.full(6, 2.0)
        chosen = select_actions(StressedStates(nothing, after), 5, 0.9, least_gain=0)
        best = np.clip(after, 0.9, 2.0).min(axis=1)
        np.testing.assert_allclose(np.clip(after[:, chosen], 0.9, 2.0).min(axis=1), best)


class TestStates:
    def test_equal_actions_are_dropped(self, case14, case14_layout):
        actions = unitary_topologies(case14_layout)
        mirror = TopologyAction(
            actions.actions[1].substation, tuple(3 - b for b in actions.actions[1].busbars)
        )
        doubled = ActionSet(case14_layout, (*actions.actions, mirror))
        distinct = distinct_actions(Grid2opEngine(case14), doubled)
        assert mirror not in distinct.actions
        assert actions.actions[1] in distinct.actions
        assert distinct == distinct_actions(Grid2opEngine(case14), distinct)

    def test_a_disconnecting_action_is_dropped(self, case14, case14_layout):
        load = int(np.argmax(case14.load_to_subid))
        substation = int(case14.load_to_subid[load])
        busbars = [1] * len(case14_layout.elements[substation])
        busbars[int(case14.load_to_sub_pos[load])] = 2
        alone = TopologyAction(substation, tuple(busbars))
        assert not len(distinct_actions(Grid2opEngine(case14), ActionSet(case14_layout, (alone,))))

    def test_states_are_stressed_and_their_loads_those_of_the_actions(self, case14):
        actions = unitary_topologies(GridLayout.of(case14))
        found = collect_stressed_states(
            CASE14, "000", 0, actions, OverloadSettings(critical_rho=0.95), limit=3
        )
        assert found.after.shape == (3, len(actions))
        assert found.nothing.min() > 0.85
        reference = [set(action.busbars) == {1} for action in actions]
        assert np.isinf(found.after[0][reference]).all()
        assert np.isfinite(found.after[0]).sum() > len(actions) / 2


def test_the_same_seed_gives_the_same_actions_with_any_number_of_jobs():
    reductions = [
        reduce_actions(CASE14, size=8, n_states=6, seed=0, jobs=jobs, maximum_elements=5)
        for jobs in (1, 2)
    ]
    assert reductions[0] == reductions[1]
    assert 0 < len(reductions[0].actions) <= 8
    assert reductions[0].relieved_by_kept <= reductions[0].relieved_by_all
    assert reductions[0].n_states == 6


def test_scenarios_without_stress_are_refused():
    with pytest.raises(PowrlError, match=r"no line reaches 1\.9 of its limit"):
        reduce_actions(
            Scenarios("l2rpn_case14_sandbox", names="0000"),
            size=8,
            n_states=6,
            settings=OverloadSettings(critical_rho=1.9),
        )
