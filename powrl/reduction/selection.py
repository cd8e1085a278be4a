"""The order in which actions are kept: coverage of the hard states, then answers elsewhere.

In each round the actions are taken greedily that add most to the sum, over all states, of the worth
of the best answer taken in this round. When no action adds as much as half a solved state any more,
another round begins, in which a state takes no answer at a substation that solved it in an earlier
round: that one may be in cooldown, or split otherwise. What no round takes follows by its worth, by
turns of the substations. The sets of all sizes are the beginnings of one order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from .evaluation import Evaluation
from .states import SOLVED_RHO

WORST_RHO = 2.0
"""Loads are counted up to this; a game over counts as much."""

COMFORT = 0.1
"""A load that is lower than `SOLVED_RHO` by this is as good as any lower one."""

SOLVED, MARGIN, ROBUST, RELIEF = 0.8, 0.1, 0.1, 0.05
"""Worth of an answer that solves a state, with margin, and under N-1; of one that only relieves a
state, where none solves it."""

LEAST_GAIN = 0.5
"""Below it a round ends."""


@dataclass(frozen=True)
class Selection:
    """Actions in the order in which they were taken.

    Attributes
    ----------
    order:
        All actions, those that no round took at the end.
    rounds:
        The round in which each of `order` was taken; 0 where none took it.
    """

    order: tuple[int, ...]
    rounds: tuple[int, ...]


def select_actions(evaluation: Evaluation, substations: np.ndarray) -> Selection:
    """Order the actions by what they add.

    Parameters
    ----------
    evaluation:
        Evaluation of the states to choose on.
    substations:
        Substation of each action, shape ``(n_actions,)``.
    """
    worth, bonus = answers(evaluation), sequence_shares(evaluation)
    answered = np.zeros((len(worth), int(substations.max(initial=0)) + 1), dtype=bool)
    open_states = np.ones(worth.shape[1], dtype=bool)
    order: list[int] = []
    rounds: list[int] = []
    number, went_on = 1, True
    while went_on and open_states.any():
        credit = np.where(answered[:, substations], np.float32(0), worth)
        reached = np.zeros(len(worth), dtype=np.float32)
        went_on = False
        while open_states.any():
            gains = np.maximum(credit - reached[:, None], 0).sum(axis=0) + bonus
            gains[~open_states] = -1
            action = int(np.argmax(gains))
            if gains[action] < LEAST_GAIN:
                break
            order.append(action)
            rounds.append(number)
            open_states[action], went_on = False, True
            reached = np.maximum(reached, credit[:, action])
        for action in order:
            answered[worth[:, action] > 0, substations[action]] = True
        number += 1
    rest = _by_turns(np.flatnonzero(open_states), worth.sum(axis=0), substations)
    return Selection((*order, *rest), (*rounds, *[0] * len(rest)))


def _by_turns(rest: np.ndarray, worth: np.ndarray, substations: np.ndarray) -> list[int]:
    """The most worth first; the n-th of a substation counts an n-th, so that none takes all."""
    taken: Counter[int] = Counter()
    shares = {}
    for action in rest[np.argsort(-worth[rest], kind="stable")].tolist():
        taken[int(substations[action])] += 1
        shares[action] = worth[action] / taken[int(substations[action])]
    return sorted(shares, key=lambda action: -shares[action])


def answers(evaluation: Evaluation) -> np.ndarray:
    """The worth of each action in each state, from 0 to 1, shape ``(n, n_actions)``, float32."""
    loads = np.minimum(evaluation.loads, WORST_RHO)
    margin = np.clip((SOLVED_RHO - loads) / COMFORT, 0, 1)
    robust = np.zeros_like(loads)
    states, ranks = np.nonzero(evaluation.best >= 0)
    worst = evaluation.worst[states, ranks]
    robust[states, evaluation.best[states, ranks]] = np.clip(
        (WORST_RHO - worst) / (WORST_RHO - SOLVED_RHO), 0, 1
    )
    before = np.minimum(evaluation.nothing, WORST_RHO)[:, None]
    relief = np.clip((before - loads) / (WORST_RHO - SOLVED_RHO), 0, 1)
    relief[evaluation.solved_by_one] = 0
    solved = SOLVED + MARGIN * margin + ROBUST * robust
    return np.asarray(np.where(loads < SOLVED_RHO, solved, RELIEF * relief), dtype=np.float32)


def sequence_shares(evaluation: Evaluation) -> np.ndarray:
    """What each action adds as a part of sequences: of each its share, shape ``(n_actions,)``."""
    shares = np.zeros(evaluation.loads.shape[1])
    for row in evaluation.sequences[evaluation.solved_by_sequence]:
        parts = row[row >= 0]
        shares[parts] += 1 / len(parts)
    return shares
