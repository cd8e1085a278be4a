"""The candidates of a decision that compete with it by their plans of the generators."""

from __future__ import annotations

import numpy as np

from ..actions.grid_action import GridAction
from ..lookahead.solved_state import SolvedState
from .decision import Candidate, Decision
from .situation import Situation


def rivals(situation: Situation, decision: Decision, number: int) -> list[Candidate]:
    """The best other candidates of a decision, on an overload; what doing nothing leaves is first.

    There are none where only grid2op's ``simulate`` knows the state of the step.

    A plan looks at the loads before the protections act. So a candidate in which they open a line
    that stays closed in the decision is none.

    Parameters
    ----------
    number:
        Of the candidates, at most.
    """
    solved = situation.solved
    if not number or not situation.is_overloaded or not decision.candidates or solved is None:
        return []
    opened = _opened(solved, decision.action)
    others = [
        candidate
        for candidate in decision.candidates
        if candidate.action is not decision.action
        and candidate.outcome.max_rho < np.inf
        and not (_opened(solved, candidate.action) & ~opened).any()
    ]
    base = decision.candidates[0]
    others.sort(key=lambda other: (other is not base, situation.rank(other.outcome)))
    return others[:number]


def _opened(solved: SolvedState, action: GridAction) -> np.ndarray:
    """Whether the protections open each line after an action, shape ``(n_line,)``."""
    return solved.solve([action])[0].opened
