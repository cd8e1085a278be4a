"""Candidate actions, sorted by what they ask of generators and storage units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..actions.grid_action import GridAction, other_parts
from ..grid.positions import Positions
from .dispatcher import NO_MOVES, Dispatcher, Moves
from .game_rules import Rules, judge, moves_storage_that_is_out
from .outcome import AnyAction
from .state import GridState


@dataclass
class CandidateGroup:
    """Candidates with the same injections.

    Attributes
    ----------
    moves:
        What all of them ask, or None: only grid2op's ``simulate`` plays them.
    numbers, actions:
        Their places among all candidates, and the actions to play.
    illegal:
        Numbers of those that grid2op refuses; doing nothing takes their place.
    """

    moves: Moves | None
    numbers: list[int] = field(default_factory=list)
    actions: list[AnyAction] = field(default_factory=list)
    illegal: set[int] = field(default_factory=set)


def group_candidates(
    candidates: Sequence[AnyAction],
    state: GridState,
    positions: Positions,
    rules: Rules,
    dispatcher: Dispatcher | None,
) -> list[CandidateGroup]:
    """The candidates in groups.

    Parameters
    ----------
    state:
        Where they are played.
    dispatcher:
        Knows what generators and storage units do; None: only ``simulate`` does.
    """
    groups: dict[bytes | None, CandidateGroup] = {}
    no_moves = NO_MOVES.key
    for number, candidate in enumerate(candidates):
        action, moves, key, is_legal = _grid_action(candidate), NO_MOVES, no_moves, True
        is_topological = action is not None and action.is_topological
        if action is None or not (is_topological or dispatcher is not None):
            group = groups.setdefault(None, CandidateGroup(None))
            group.numbers.append(number)
            group.actions.append(candidate)
            continue
        if dispatcher is not None and not is_topological:
            moves = dispatcher.moves_of(action)
            is_legal = _is_legal(action, moves, state, positions, rules, dispatcher)
            if not is_legal:
                action, moves = GridAction.nothing(positions), NO_MOVES
            key = moves.key
        if key not in groups:
            groups[key] = CandidateGroup(moves)
        group = groups[key]
        group.numbers.append(number)
        group.actions.append(action)
        if not is_legal:
            group.illegal.add(number)
    return list(groups.values())


def _grid_action(candidate: AnyAction) -> GridAction | None:
    """The candidate as a `GridAction`, or None where it has other parts."""
    if isinstance(candidate, GridAction):
        return candidate
    return None if other_parts(candidate) else GridAction.from_grid2op(candidate)


def _is_legal(
    action: GridAction,
    moves: Moves,
    state: GridState,
    positions: Positions,
    rules: Rules,
    dispatcher: Dispatcher,
) -> bool:
    if dispatcher.is_ambiguous(moves):
        return False
    if moves_storage_that_is_out(positions, rules, action.set_bus, moves.storage, state.topology):
        return False
    if action.topology.is_nothing and action.line_status.is_nothing:
        return True
    legality = judge(
        positions,
        rules,
        action.set_bus[None],
        action.set_line_status[None],
        state.line_status(positions),
        state.line_cooldown,
        state.substation_cooldown,
    )
    return bool(legality.playable[0])
