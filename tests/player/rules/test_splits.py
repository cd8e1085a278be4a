"""Splits that are held together are of different substations, and make one topology."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from powrl.player.rules.splits import NOMINAL, combined, topology_of
from tests.player.rules.situations import actions_of


def test_splits_change_their_substations_alone(neurips):
    actions = actions_of(neurips, maximum_elements=5)
    first = 17
    second = next(n for n, s in enumerate(actions.substations) if s != actions.substations[first])
    nominal = np.ones_like(neurips.get_obs().topo_vect)
    nominal[-1] = -1
    topology = topology_of(actions, nominal, (first, second))
    for number in (first, second):
        part = actions.layout.part(actions.actions[number].substation)
        busbars = np.where(nominal[part] < 0, -1, actions.actions[number].busbars)
        assert (topology[part] == busbars).all()
        topology[part] = nominal[part]
    assert (topology == nominal).all()
    assert (topology_of(actions, nominal, NOMINAL) == nominal).all()


@given(st.data())
def test_both_splits_are_of_different_substations(neurips_session, data):
    actions = actions_of(neurips_session, maximum_elements=5)
    number = st.integers(0, len(actions) - 1)
    firsts = data.draw(st.lists(number.map(lambda one: (one,)), max_size=3))
    additions = data.draw(st.lists(number, max_size=6))
    pairs = combined(actions, firsts, additions)
    substations = actions.substations
    for (first,) in firsts:
        for second in additions:
            assert ((first, second) in pairs) == (substations[first] != substations[second])
    assert all((pair[:1] in firsts) and pair[1] in additions for pair in pairs)
