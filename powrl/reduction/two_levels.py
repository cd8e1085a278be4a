"""Two-level search: a first look at every substation, then all topologies of the best ones.

Large grids have more topologies than can be simulated in each state of an episode. But what
relieves an overload lies near it: a few topologies of each substation, simulated in AC, tell which
ones are worth trying in full.
"""

from __future__ import annotations

import numpy as np

from ..player.actions.action_set import ActionSet
from ..player.actions.grid_action import GridAction
from ..player.lookahead.batch import BatchSimulator
from ..player.lookahead.outcome import Outcome
from ..player.lookahead.state import GridState

PROBES = 16
"""Topologies of each substation in the first look; with 4 it misses one best action in six."""

HIGHEST = 3
"""Number of highest loads whose mean ranks states. It finds better sequences than the highest load
alone or the sum of all overloads."""


class TwoLevels:
    """Finds the actions that are worth simulating in a state.

    Parameters
    ----------
    actions:
        All actions.
    substations:
        Number of substations that are simulated in full (0: all, without a first look).
    """

    def __init__(self, actions: ActionSet, simulator: BatchSimulator, substations: int) -> None:
        self._actions = actions
        self._simulator = simulator
        self._substations = substations
        self._probes = _spread(actions)

    def worth_trying(self, state: GridState) -> np.ndarray:
        """Indices of the actions of the best substations, rising."""
        everything = np.arange(len(self._actions))
        if not self._substations:
            return everything
        topology = state.topology_in_maintenance(self._simulator.positions)
        numbers, moves = self._probes.candidates(topology, state.substation_cooldown)
        outcomes = self._simulator.evaluate_state(state, moves)
        lowest: dict[int, float] = {}
        for substation, outcome in zip(self._probes.substations[numbers], outcomes, strict=True):
            load = highest_loads(outcome)
            lowest[int(substation)] = min(load, lowest.get(int(substation), np.inf))
        best = sorted(lowest, key=lambda substation: (lowest[substation], substation))[
            : self._substations
        ]
        return everything[np.isin(self._actions.substations, best)]


class ActionSubset:
    """Some actions of a set, under their numbers there (`beam_search.Choices`)."""

    def __init__(self, actions: ActionSet, numbers: np.ndarray) -> None:
        self._actions, self._is_member = actions, np.zeros(len(actions), dtype=bool)
        self._is_member[numbers] = True

    def allowed_in(self, topology: np.ndarray, substation_cooldown: np.ndarray) -> np.ndarray:
        """`ActionSet.allowed_in` of these, and False for all others."""
        return self._actions.allowed_in(topology, substation_cooldown) & self._is_member

    def busbars_in(self, topology: np.ndarray, indices: np.ndarray) -> np.ndarray:
        """`ActionSet.busbars_in`."""
        return self._actions.busbars_in(topology, indices)

    def moves_in(self, topology: np.ndarray, indices: np.ndarray) -> list[GridAction]:
        """`ActionSet.moves_in`."""
        return self._actions.moves_in(topology, indices)


def highest_loads(outcome: Outcome) -> float:
    """The mean of the highest loads; infinite for an illegal action or a game over."""
    if outcome.max_rho == np.inf:
        return np.inf
    return float(np.partition(outcome.rho, -HIGHEST)[-HIGHEST:].mean())


def _spread(actions: ActionSet) -> ActionSet:
    """`PROBES` actions of each substation, evenly spread over the order of enumeration."""
    chosen: list[int] = []
    for substation in np.unique(actions.substations):
        own = np.flatnonzero(actions.substations == substation)
        chosen += own[np.unique(np.linspace(0, len(own) - 1, PROBES).round().astype(int))].tolist()
    return ActionSet(actions.layout, tuple(actions.actions[index] for index in chosen))
