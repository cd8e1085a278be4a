"""What to play over several steps: a beam search on the batch of candidates."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..grid.action import GridAction
from .batch import BatchSimulator
from .batch_result import PlayedActions
from .outcome import Outcome
from .state import GridState


class Choices(Protocol):
    """Actions to choose from (`powrl.player.actions.action_set.ActionSet`)."""

    def candidates(
        self, topology: np.ndarray, substation_cooldown: np.ndarray
    ) -> tuple[np.ndarray, list[GridAction]]:
        """Indices of the actions that are legal and change something, and the actions."""
        ...


@dataclass(frozen=True, eq=False)
class ActionSequence:
    """Actions to be played one after the other, and what is expected of them.

    Attributes
    ----------
    choices:
        Index in the action set for each step; None: no action of the set.
    actions:
        What is to be played in each step.
    outcomes:
        Predicted after each step.
    topologies:
        ``topo_vect`` predicted after each step: another one says that things went differently.
    """

    choices: tuple[int | None, ...]
    actions: tuple[GridAction, ...]
    outcomes: tuple[Outcome, ...]
    topologies: tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class _Node:
    """A state that was reached, and how."""

    state: GridState
    steps: tuple[tuple[int | None, GridAction, Outcome, np.ndarray], ...] = ()

    def sequence(self) -> ActionSequence:
        return ActionSequence(*zip(*self.steps))


@dataclass(frozen=True, eq=False)
class _Candidate:
    """One action in one state of the beam, solved."""

    rank: float
    parent: _Node
    choice: int | None
    action: GridAction
    outcome: Outcome
    played: PlayedActions
    row: int

    def reach(self) -> _Node:
        step = (self.choice, self.action, self.outcome, self.played.after[self.row])
        return _Node(self.played.state_after(self.row), (*self.parent.steps, step))


def search_sequence(
    simulator: BatchSimulator,
    state: GridState,
    actions: Choices,
    rank: Callable[[Outcome], float],
    goal: float,
    width: int = 10,
    depth: int = 3,
    deadline: float = float("inf"),
    base: GridAction | None = None,
) -> ActionSequence | None:
    """The best sequence of substation actions that a beam search finds.

    In each step one action of the set is played or none. The timers are part of the state: where
    an overload lasts until the protections open the line, the sequence is ranked by what follows.

    Parameters
    ----------
    state:
        Its injections are taken for all steps.
    rank:
        How bad an outcome is: the lower the better, infinite: never.
    goal:
        Load of the most loaded line under which a state is solved: the search ends at the first
        depth at which one is.
    width, depth:
        States that are kept at each depth, their topologies all different, and steps at most.
    deadline:
        Value of `time.perf_counter` after which no other state is looked at; the first one always
        is.
    base:
        Played in the first step together with each action, or alone: a reconnection, say.

    Returns
    -------
    ActionSequence or None
        The best at the greatest depth that was reached, since an overload that is let be may look
        harmless until the protections act; None where each first action ranks infinite.
    """
    beam, best = [_Node(state)], None
    for level in range(depth):
        candidates: list[_Candidate] = []
        for number, node in enumerate(beam):
            late = time.perf_counter() >= deadline
            if late and (level or number):
                break
            candidates += _candidates(simulator, node, actions, rank, base if not level else None)
        candidates.sort(key=lambda each: each.rank)  # stable: what is done earlier comes first
        solved = [each for each in candidates if each.outcome.max_rho < goal]
        if solved or candidates:
            best = (solved or candidates)[0]
        if solved or not candidates or level == depth - 1:
            break
        beam = _distinct(candidates, width)
    return best.reach().sequence() if best else None


def _candidates(
    simulator: BatchSimulator,
    node: _Node,
    actions: Choices,
    rank: Callable[[Outcome], float],
    base: GridAction | None,
) -> list[_Candidate]:
    """All that can legally be done in a state and does not rank infinite, nothing first."""
    state = node.state
    # an end that is named would bring back a line that maintenance takes out in this step
    topology = state.topology_in_maintenance(simulator.positions)
    allowed, moves = actions.candidates(topology, state.substation_cooldown)
    first = base or GridAction.nothing(simulator.positions)
    choices = [None, *allowed.tolist()]
    every = [first, *(first + move if base else move for move in moves)]
    played = simulator.play_state(state, every)
    found = []
    for row, (choice, action, outcome) in enumerate(zip(choices, every, played.outcomes())):
        value = rank(outcome)
        if outcome.max_rho < np.inf and value < np.inf:
            found.append(_Candidate(value, node, choice, action, outcome, played, row))
    return found


def _distinct(candidates: list[_Candidate], width: int) -> list[_Node]:
    """The states that the best candidates lead to, one for each topology."""
    beam: dict[bytes, _Node] = {}
    for each in candidates:
        key = each.played.after[each.row].tobytes()
        if key not in beam:
            beam[key] = each.reach()
        if len(beam) == width:
            break
    return list(beam.values())
