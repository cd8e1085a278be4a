"""What to play over several steps: a beam search on the batch of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, Protocol

import numpy as np

from ..actions.grid_action import GridAction
from .batch_result import PlayedActions, Solution
from .outcome import Outcome
from .solved_state import SolvedState
from .state import GridState


class Choices(Protocol):
    """Actions to choose from (`powrl.player.actions.action_set.ActionSet`)."""

    def allowed_in(self, topology: np.ndarray, substation_cooldown: np.ndarray) -> np.ndarray:
        """Which actions are legal and change something, shape ``(n,)``, bool."""
        ...

    def busbars_in(self, topology: np.ndarray, indices: np.ndarray) -> np.ndarray:
        """Busbars that actions set as they are played, shape ``(len(indices), dim_topo)``, int8."""
        ...

    def moves_in(self, topology: np.ndarray, indices: np.ndarray) -> list[GridAction]:
        """Actions as they are played."""
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
    """A state that was reached, how, and at what risk of all steps together."""

    state: GridState
    steps: tuple[tuple[int | None, GridAction, Outcome, np.ndarray], ...] = ()
    risk: float = 0.0

    def sequence(self) -> ActionSequence:
        return ActionSequence(*zip(*self.steps))


RISK_LEFT = 0.2
"""A state below the goal ends a search where the best one risks hardly less than it, by this."""

MAX_RELIEF = 0.1
"""Generators lower no load by more than this within a sequence (share of the limit)."""


@dataclass(frozen=True, eq=False)
class _Candidate:
    """One action in one state of the beam, solved; rank and risk count the steps before, too."""

    rank: float
    risk: float
    load: float
    parent: _Node
    choice: int | None
    action: GridAction
    solution: Solution

    def reach(self, relief: np.ndarray | None, limits: np.ndarray) -> _Node:
        step = (self.choice, self.action, self.solution.outcome, self.solution.topology)
        steps, state = (*self.parent.steps, step), self.solution.state_after()
        if relief is not None:
            # what is reached next is met after one step more
            factors = 1 + np.minimum((len(steps) + 1) * relief, MAX_RELIEF)
            state = state.with_limits((limits * factors).astype(limits.dtype))
        return _Node(state, steps, self.risk)


ActionRanking = Callable[[PlayedActions], "tuple[np.ndarray, np.ndarray]"]
"""How bad what each action of a state leads to is, the lower the better; and its risk, the part of
that rank that stays: it is added to the rank of all that follows. Shapes ``(n,)``."""


def by_outcome(rank: Callable[[Outcome], float]) -> ActionRanking:
    """The ranking by what one step leads to, of which nothing stays with those that follow."""

    def ranks(played: PlayedActions) -> tuple[np.ndarray, np.ndarray]:
        values = np.array([rank(outcome) for outcome in played.outcomes()])
        return values, np.zeros(len(values))

    return ranks


def search_sequence(
    root: SolvedState,
    actions: Choices,
    rank: ActionRanking,
    goal: float,
    width: int = 10,
    depth: int = 3,
    base: GridAction | None = None,
    relief: np.ndarray | None = None,
    screened: int = 0,
) -> ActionSequence | None:
    """The best sequence of substation actions that a beam search finds.

    In each step one action of the set is played or none. The timers are part of the state: where
    an overload lasts until the protections open the line, the sequence is ranked by what follows.

    Parameters
    ----------
    root:
        The state that the sequence begins in; its injections are taken for all steps. What is
        solved from it already is not solved again. Once its clock stops, no other state is looked
        at; the first one always is.
    rank:
        Ranks all that one state of the beam leads to at once (`by_outcome`,
        `powrl.player.lookahead.protections.dangers`). An illegal action or one that ends the
        episode is never chosen, however it ranks.
    goal:
        Load of the most loaded line under which a state is solved. The search ends at the first
        depth at which one is, and does not risk more on the way than the best of all states
        (`RISK_LEFT`).
    width, depth:
        States that are kept at each depth, their topologies all different, and steps at most.
    base:
        Played in the first step together with each action, or alone: a reconnection, say.
    relief:
        What generators, which no action moves, take off the load of each line in each step (shares
        of its limit), shape ``(n_line,)``. All outcomes but those of the first step, which are
        solved already, are those with it. None: nothing.
    screened:
        Only so many actions are solved for each state: those that rank best of all states of a
        depth by estimated loads (`BatchSimulator.estimate_topologies`). 0: all.

    Returns
    -------
    ActionSequence or None
        The best at the greatest depth that was reached, since an overload that is let be may look
        harmless until the protections act; None where each first action is illegal or ends the
        episode.
    """
    beam, best, limits = [_Node(root.state)], None, root.state.thermal_limits
    for level in range(depth):
        played = None if level else base
        options = _options(root, beam, actions, played, rank, screened)
        candidates: list[_Candidate] = []
        for number, (node, chosen) in enumerate(zip(beam, options)):
            if (level or number) and root.clock.stops():
                break
            candidates += _candidates(root, node, actions, chosen, rank, played)
        candidates.sort(key=lambda candidate: candidate.rank)  # stable: the earlier comes first
        if not candidates:
            break
        risk_limit = candidates[0].risk + RISK_LEFT
        solved = [one for one in candidates if one.load < goal and one.risk < risk_limit]
        best = (solved or candidates)[0]
        if solved or level == depth - 1:
            break
        beam = [one.reach(relief, limits) for one in _distinct(candidates, width)]
    return best.reach(relief, limits).sequence() if best else None


def _options(
    root: SolvedState,
    beam: Sequence[_Node],
    actions: Choices,
    base: GridAction | None,
    rank: ActionRanking,
    screened: int,
) -> list[np.ndarray]:
    """Numbers of the actions to solve in each state of the beam, ascending.

    All that are legal, or those that rank best of all states by estimated loads: `screened` for
    each state. What is played beside them is not part of the estimate, so then all are.
    """
    topologies = [_topology(root, node) for node in beam]
    options = [
        np.flatnonzero(actions.allowed_in(topology, node.state.substation_cooldown))
        for node, topology in zip(beam, topologies)
    ]
    if not screened or not (base is None or base.is_nothing):
        return options
    ranks = [
        _estimated_ranks(root, node, actions.busbars_in(topology, numbers), rank)
        for node, topology, numbers in zip(beam, topologies, options)
    ]
    everything = np.sort(np.concatenate(ranks))
    limit = everything[: screened * len(beam)].max(initial=-np.inf)
    return [numbers[values <= limit] for numbers, values in zip(options, ranks)]


def _topology(root: SolvedState, node: _Node) -> np.ndarray:
    """The topology that actions are played in."""
    # an end that is named would bring back a line that maintenance takes out in this step
    return node.state.topology_in_maintenance(root.simulator.positions)


def _estimated_ranks(
    root: SolvedState, node: _Node, set_bus: np.ndarray, rank: ActionRanking
) -> np.ndarray:
    """The rank of each action by estimated loads, risks before it included, shape ``(n,)``.

    The best there is for actions in a state that nothing is estimated from.
    """
    if not len(set_bus):
        return np.empty(0)
    estimate = root.estimate_from(node.state, set_bus)
    if estimate is None:
        return np.full(len(set_bus), -np.inf)
    ranks, _ = rank(estimate)
    return np.where(estimate.alive, ranks + node.risk, np.inf)


def _candidates(
    root: SolvedState,
    node: _Node,
    actions: Choices,
    numbers: np.ndarray,
    rank: ActionRanking,
    base: GridAction | None,
) -> list[_Candidate]:
    """Actions of the set that are no game over, doing nothing first."""
    state = node.state
    first = base or GridAction.nothing(root.simulator.positions)
    choices = [None, *numbers.tolist()]
    moves = actions.moves_in(_topology(root, node), numbers)
    played = [first, *(first + move if base else move for move in moves)]
    if state is root.state:
        solutions = root.solve(played)
        batch = PlayedActions.gathered(solutions)
    else:
        batch = root.play_from(state, played)
        solutions = batch.solutions()
    ranks, risks = ((values + node.risk).tolist() for values in rank(batch))
    loads = batch.max_rho.tolist()
    return [
        _Candidate(value, risk, load, node, choice, action, solution)
        for value, risk, load, choice, action, solution in zip(
            ranks, risks, loads, choices, played, solutions
        )
        if load < np.inf
    ]


def _distinct(candidates: list[_Candidate], width: int) -> list[_Candidate]:
    """The best candidates, one for each topology that they lead to."""
    beam: dict[bytes, _Candidate] = {}
    for candidate in candidates:
        beam.setdefault(candidate.solution.topology.tobytes(), candidate)
        if len(beam) == width:
            break
    return list(beam.values())
