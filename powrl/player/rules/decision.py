"""A decision of the overload manager and its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..grid.action import GridAction
from ..lookahead.outcome import Outcome


@dataclass(frozen=True)
class Candidate:
    """One action that was simulated: what it is, what it leads to."""

    label: str
    action: GridAction
    outcome: Outcome

    def to_json(self) -> dict[str, Any]:
        """Label, simulated load of the most loaded line, legality and game over."""
        max_rho = self.outcome.max_rho
        return {
            "label": self.label,
            "max_rho": round(max_rho, 5) if math.isfinite(max_rho) else None,
            "legal": self.outcome.legal,
            "game_over": self.outcome.game_over,
        }


@dataclass(frozen=True)
class Decision:
    """What the overload manager does, and why.

    Attributes
    ----------
    action:
        The action to play.
    rule:
        ``"nothing"``, ``"reconnection"``, ``"recovery"``, ``"remedy"``, ``"plan"``, or
        ``"redispatching"`` where it is the only one.
    choice:
        The label of what was chosen.
    lines:
        The lines that the decision is about: overloaded (remedy) or disconnected (reconnection).
    candidates:
        All actions that were simulated for it, in the order in which they were.
    """

    action: GridAction
    rule: str
    choice: str
    lines: tuple[int, ...] = ()
    candidates: tuple[Candidate, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """The simulated outcome of the choice, before redispatching; None: it was not simulated."""
        chosen = (each for each in reversed(self.candidates) if each.label == self.choice)
        return next((each.outcome for each in chosen), None)

    @property
    def redispatched_mw(self) -> float:
        """By how much generators are moved altogether (MW)."""
        move = self.action.redispatch
        return 0.0 if move is None else round(float(np.abs(move).sum()), 3)

    def to_json(self, observation: Any) -> dict[str, Any]:
        """The reason as plain data, with the state it was given in."""
        return {
            "step": int(observation.current_step),
            "max_rho": round(float(np.max(observation.rho)), 5),
            "rule": self.rule,
            "lines": [str(observation.name_line[line]) for line in self.lines],
            "redispatched_mw": self.redispatched_mw,
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "choice": self.choice,
        }
