"""What to play over several steps: a beam search on the batch of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, NamedTuple, Protocol

import numpy as np

from ..actions.grid_action import GridAction
from .batch_result import Solution
from .outcome import Outcome
from .solved_state import SolvedState
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

ESTIMATE_MARGIN = 0.05
"""Limits are higher by this where loads are estimated: most errors are smaller, and what is wrongly
taken for an overload is lost."""


class _Options(NamedTuple):
    """Actions of the set: their numbers, and how they are played in one state."""

    numbers: np.ndarray
    moves: list[GridAction]

    def subset(self, rows: np.ndarray) -> _Options:
        return _Options(self.numbers[rows], [self.moves[row] for row in rows.tolist()])


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


SolutionRanking = Callable[["Sequence[Solution]"], "tuple[np.ndarray, np.ndarray]"]
"""How bad what each action of a state leads to is, the lower the better; and its risk, the part of
that rank that stays: it is added to the rank of all that follows. Shapes ``(n,)``."""


def by_outcome(rank: Callable[[Outcome], float]) -> SolutionRanking:
    """The ranking by what one step leads to, of which nothing stays with those that follow."""

    def ranks(solutions: Sequence[Solution]) -> tuple[np.ndarray, np.ndarray]:
        values = np.array([rank(solution.outcome) for solution in solutions])
        return values, np.zeros(len(values))

    return ranks


def search_sequence(
    root: SolvedState,
    actions: Choices,
    rank: SolutionRanking,
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
        At each depth but the first only so many actions are solved for each state: those that rank
        best of all states by estimated loads (`BatchSimulator.estimate_topologies`). 0: all.

    Returns
    -------
    ActionSequence or None
        The best at the greatest depth that was reached, since an overload that is let be may look
        harmless until the protections act; None where each first action is illegal or ends the
        episode.
    """
    beam, best, limits = [_Node(root.state)], None, root.state.thermal_limits
    for level in range(depth):
        candidates: list[_Candidate] = []
        options = [_options(root, node, actions) for node in beam]
        if level and screened:
            options = _screened(root, beam, options, rank, screened)
        for number, (node, moves) in enumerate(zip(beam, options)):
            if (level or number) and root.clock.stops():
                break
            candidates += _candidates(root, node, moves, rank, None if level else base)
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


def _options(root: SolvedState, node: _Node, actions: Choices) -> _Options:
    """The actions of the set that are legal in a state."""
    # an end that is named would bring back a line that maintenance takes out in this step
    topology = node.state.topology_in_maintenance(root.simulator.positions)
    return _Options(*actions.candidates(topology, node.state.substation_cooldown))


def _screened(
    root: SolvedState,
    beam: Sequence[_Node],
    options: Sequence[_Options],
    rank: SolutionRanking,
    screened: int,
) -> list[_Options]:
    """Those options that rank best by estimated loads, so many for each state of the beam.

    All of a state that nothing is estimated from.
    """
    ranks = [_estimated_ranks(root, node, moves, rank) for node, moves in zip(beam, options)]
    everything = np.sort(np.concatenate(ranks))
    count = min(screened * len(beam), len(everything))
    limit = everything[count - 1] if count else np.inf
    return [moves.subset(np.flatnonzero(values <= limit)) for moves, values in zip(options, ranks)]


def _estimated_ranks(
    root: SolvedState, node: _Node, options: _Options, rank: SolutionRanking
) -> np.ndarray:
    """The rank of each option by estimated loads, risks before it included; shape ``(n,)``."""
    if not options.moves:
        return np.empty(0)
    set_bus = np.array([move.topology.values for move in options.moves])
    limits = node.state.thermal_limits
    state = node.state.with_limits((limits * (1 + ESTIMATE_MARGIN)).astype(limits.dtype))
    estimate = root.simulator.estimate_topologies(state, set_bus)
    if estimate is None:
        return np.full(len(set_bus), -np.inf)
    ranks, _ = rank(estimate.solutions())
    return np.where(estimate.alive, ranks + node.risk, np.inf)


def _candidates(
    root: SolvedState,
    node: _Node,
    options: _Options,
    rank: SolutionRanking,
    base: GridAction | None,
) -> list[_Candidate]:
    """The options of a state that are no game over, doing nothing first."""
    state = node.state
    first = base or GridAction.nothing(root.simulator.positions)
    choices = [None, *options.numbers.tolist()]
    played = [first, *(first + move if base else move for move in options.moves)]
    solutions = root.solve(played) if state is root.state else root.solve_from(state, played)
    ranks, risks = ((values + node.risk).tolist() for values in rank(solutions))
    loads = [solution.outcome.max_rho for solution in solutions]
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
