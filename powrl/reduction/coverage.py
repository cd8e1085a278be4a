"""What action sets solve, and what each action of a set is kept for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..player.actions.action_set import ActionSet
from .evaluation import Evaluation
from .pool import NEAR_BEST
from .selection import Selection
from .states import CAUSES, SOLVED_RHO


@dataclass(frozen=True)
class Coverage:
    """What the first `size` actions solve of some states.

    Attributes
    ----------
    size:
        Actions in the set.
    n_states:
        Hard states.
    solvable:
        States that some single action of all solves.
    solved:
        States that a single action of the set solves.
    secure:
        Solved states in which one of these actions, among the best of all, also keeps every line
        below its limit while any one attackable line is out.
    sequences, solved_by_sequence:
        States that only a sequence solves, and those whose sequence is made of actions of the set
        (others may solve it, too: this is a lower bound).
    """

    size: int
    n_states: int
    solvable: int
    solved: int
    secure: int
    sequences: int
    solved_by_sequence: int

    @property
    def share(self) -> float | None:
        """Of the states that some single action solves, the share that the set solves."""
        return self.solved / self.solvable if self.solvable else None


def coverage(evaluation: Evaluation, actions: Sequence[int]) -> Coverage:
    """Count what some actions solve."""
    chosen = np.zeros(evaluation.loads.shape[1], dtype=bool)
    chosen[list(actions)] = True
    solved = evaluation.loads[:, chosen].min(axis=1, initial=np.inf) < SOLVED_RHO
    best = evaluation.best
    solved_by = (best >= 0) & chosen[best]
    solved_by &= np.take_along_axis(evaluation.loads, np.maximum(best, 0), axis=1) < SOLVED_RHO
    secure = (solved_by & (evaluation.worst < SOLVED_RHO)).any(axis=1)
    only = evaluation.solved_by_sequence
    parts = evaluation.sequences
    complete = only & (chosen[parts] | (parts < 0)).all(axis=1)
    counts = (evaluation.solved_by_one, solved, secure, only, complete)
    return Coverage(len(actions), len(evaluation.loads), *(int(count.sum()) for count in counts))


def solved_by_number(evaluation: Evaluation, order: Sequence[int]) -> list[int]:
    """States that the first action solves, the first two, and so on."""
    lowest = np.minimum.accumulate(evaluation.loads[:, list(order)], axis=1)
    return [int(count) for count in (lowest < SOLVED_RHO).sum(axis=0)]


def by_cause(evaluation: Evaluation, actions: Sequence[int]) -> dict[str, Coverage]:
    """`coverage` of the states of each cause that occurs."""
    covered = {}
    for cause in CAUSES:
        rows = np.flatnonzero(evaluation.causes == cause)
        if len(rows):
            covered[cause] = coverage(evaluation.rows(rows), actions)
    return covered


def reasons(
    evaluation: Evaluation, selection: Selection, actions: ActionSet, sizes: Sequence[int]
) -> list[dict[str, str | int]]:
    """The reasons to keep each action: one row for each, in order, counted on the chosen states.

    ``best`` and ``near_best`` count the states that it solves with the lowest load of all, or at
    most `NEAR_BEST` more. ``only`` counts those that no other action of its set solves (the
    smallest of `sizes` that holds it), ``sequences`` those that need a sequence with it.
    """
    solves = evaluation.loads < SOLVED_RHO
    lowest = evaluation.loads.min(axis=1, initial=np.inf, keepdims=True)
    near = solves & (evaluation.loads <= lowest + NEAR_BEST)
    best = solves & (evaluation.loads <= lowest)
    rows: list[dict[str, str | int]] = []
    first = 0
    for size in sizes:
        alone = solves[:, list(selection.order[:size])].sum(axis=1) == 1
        for place in range(first, min(size, len(selection.order))):
            index = selection.order[place]
            row: dict[str, str | int] = {
                "number": place + 1,
                "set": size,
                "substation": actions.layout.substations[actions.actions[index].substation],
                "action": actions.describe(index),
                "best": int(best[:, index].sum()),
                "near_best": int(near[:, index].sum()),
                "only": int((alone & solves[:, index]).sum()),
                "sequences": int((evaluation.sequences == index).any(axis=1).sum()),
                "kept_for": _kept_for(selection.rounds[place]),
            }
            for cause in CAUSES:
                row[f"near_best_{cause.replace(' ', '_')}"] = int(
                    near[evaluation.causes == cause, index].sum()
                )
            rows.append(row)
        first = size
    return rows


def _kept_for(number: int) -> str:
    if number == 0:
        return "the rest"
    return "coverage" if number == 1 else f"answers elsewhere, round {number}"
