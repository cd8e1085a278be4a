"""All unitary substation topologies of a grid that differ electrically and disconnect nothing."""

from __future__ import annotations

from itertools import product

from ..player.actions.action_set import ActionSet, TopologyAction, keeps_all_connected
from ..player.grid.layout import GridLayout


def unitary_topologies(
    layout: GridLayout, minimum_elements: int = 4, maximum_elements: int = 10
) -> ActionSet:
    """Enumerate the topologies of every substation of a size between the two bounds.

    The first element stays on busbar 1, since exchanging the two busbars changes nothing
    electrically. A topology is left out where a busbar in use has fewer than two elements or no
    line: its elements would be disconnected. Each substation's topology with all on busbar 1 is
    included. Substations of three elements or fewer have no other topology that a disconnected
    line would not give as well.

    Returns
    -------
    ActionSet
        Sorted by substation, then by busbars.
    """
    actions = []
    for substation, elements in enumerate(layout.elements):
        if not minimum_elements <= len(elements) <= maximum_elements:
            continue
        for rest in product((1, 2), repeat=len(elements) - 1):
            busbars = (1, *rest)
            if keeps_all_connected(busbars, elements):
                actions.append(TopologyAction(substation, busbars))
    return ActionSet(layout, tuple(actions))
