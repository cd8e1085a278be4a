"""The actions to choose from: those enumerated, and of large substations what a screening finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import PowrlError
from ..player.actions.action_set import ActionSet, TopologyAction, keeps_all_connected
from ..player.actions.grid_action import GridAction
from ..player.grid.positions import Positions
from ..player.lookahead.batch import BatchSimulator
from ..player.lookahead.state import GridState
from .enumeration import unitary_topologies
from .screening import Screen, measure_recall, screened

NEAR_BEST = 0.02
"""A load that is at most this much above the lowest one is near-best."""

MOST_SCREENED_ELEMENTS = 17
"""A substation of n elements has about 2^(n-1) topologies; larger ones are left out."""

MOST_SCREENED = 240
"""Topologies of large substations that join the pool at most."""

RECALL_STATES = 30
SCREENED_STATES = 200


@dataclass(frozen=True)
class Screening:
    """How the large substations were dealt with.

    Attributes
    ----------
    substations:
        Names of those with more elements than are enumerated.
    recall:
        Share of the states in which the screening kept the best action, measured on enumerated
        substations; None where it was not measured.
    trusted:
        Whether that was enough to use it.
    survivors:
        Topologies that joined the pool.
    """

    substations: tuple[str, ...] = ()
    recall: float | None = None
    trusted: bool = False
    survivors: int = 0


def with_screened(
    enumerated: ActionSet,
    screen: Screen,
    simulator: BatchSimulator,
    states: Sequence[GridState],
    max_elements: int,
    keep: int,
) -> tuple[ActionSet, Screening]:
    """The enumerated actions and, of larger substations, those that were good in some states.

    Parameters
    ----------
    states:
        In random order; the first ones are used.
    max_elements:
        Largest number of elements of a substation that is enumerated.
    keep:
        Topologies that survive the screening of a state (0: no screening).
    """
    layout = enumerated.layout
    large = by_substation(unitary_topologies(layout, max_elements + 1, MOST_SCREENED_ELEMENTS))
    names = tuple(
        name
        for name, elements in zip(layout.substations, layout.elements, strict=True)
        if len(elements) > max_elements
    )
    if not (large and keep and states):
        return enumerated, Screening(names)
    recall = measure_recall(
        screen, simulator, states[:RECALL_STATES], by_substation(enumerated), keep
    )
    try:
        screen.trust(recall)
    except PowrlError:  # the report says so
        return enumerated, Screening(names, recall)
    useful: Counter[TopologyAction] = Counter()
    for state in states[:SCREENED_STATES]:
        survivors = screened(screen, state, large, keep)
        nothing = GridAction.nothing(simulator.positions)
        loads = [
            outcome.max_rho for outcome in simulator.evaluate_state(state, [nothing, *survivors])
        ]
        for action, load in zip(survivors, loads[1:], strict=True):
            if load < loads[0] and load <= min(loads) + NEAR_BEST:
                useful.update(_topology(enumerated, simulator.positions, action))
    ranked = sorted(
        useful, key=lambda topology: (-useful[topology], topology.substation, topology.busbars)
    )
    useful_topologies = tuple(ranked[:MOST_SCREENED])
    pool = ActionSet(layout, (*enumerated.actions, *useful_topologies))
    return pool, Screening(names, recall, True, len(useful_topologies))


def by_substation(actions: ActionSet) -> dict[int, np.ndarray]:
    """Substation -> busbars of its elements in each action, shape ``(n, n_elements)``."""
    rows: dict[int, list[tuple[int, ...]]] = {}
    for action in actions:
        rows.setdefault(action.substation, []).append(action.busbars)
    return {substation: np.array(row, dtype=np.int8) for substation, row in rows.items()}


def _topology(actions: ActionSet, positions: Positions, action: GridAction) -> list[TopologyAction]:
    """What an action on one substation makes of it, unless that disconnects elements."""
    substation = int(positions.substation[np.flatnonzero(action.set_bus)[0]])
    set_bus = action.set_bus[positions.part(substation)]
    # elements that are disconnected in this state go to busbar 1
    busbars = tuple(int(busbar) or 1 for busbar in set_bus)
    fits = keeps_all_connected(busbars, actions.layout.elements[substation])
    return [TopologyAction(substation, busbars)] if fits else []
