"""A decision of the overload manager and its reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable

import numpy as np

from ..actions.grid_action import GridAction
from ..actions.redispatch import Redispatch
from ..grid.observation import Observation
from ..lookahead.outcome import Outcome

NOTHING = "nothing"
"""Name of the rule of a decision that no rule has changed."""

DO_NOTHING = "do nothing"
"""Label of the action that changes nothing."""


def on_top_of(base: str, label: str) -> str:
    """What an action is called when it is played on top of what is called `base`.

    Examples
    --------
    >>> on_top_of("do nothing", "reconnect 3_4_2"), on_top_of("sub_1: load 2", "reconnect 3_4_2")
    ('reconnect 3_4_2', 'sub_1: load 2, reconnect 3_4_2')
    """
    return label if base == DO_NOTHING else f"{base}, {label}"


@dataclass(frozen=True)
class Candidate:
    """One action that was simulated: what it is, what it leads to.

    Attributes
    ----------
    label:
        What the action is, in words.
    action:
        The action.
    outcome:
        Highest line load (share of the limit) in one step, legality and game over.

    Examples
    --------
    >>> best = min(decision.candidates, key=lambda found: found.outcome.max_rho)  # doctest: +SKIP
    >>> best.label, best.outcome.max_rho  # doctest: +SKIP
    ('sub_1: load load_1_0 on busbar 2', 0.87)
    """

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
        Name of the rule that chose it (`Rule.name`); ``"nothing"``: none did.
    choice:
        Label of the choice.
    lines:
        The lines that the decision is about: overloaded (remedy), disconnected (reconnection) or
        in maintenance soon (preparation).
    candidates:
        All actions that were simulated for it, in the order in which they were.
    chosen:
        The candidate that was chosen, before redispatching; None: it was not simulated.
    cut:
        Whether a clock ended the search before it was complete.
    why:
        Why the choice won over the other candidates, in words; empty: there is nothing to say.

    Examples
    --------
    >>> decision = agent.decide(observation)  # doctest: +SKIP
    >>> decision.rule, decision.choice  # doctest: +SKIP
    ('remedy', 'sub_1: load load_1_0 on busbar 2')
    """

    action: GridAction
    rule: str = NOTHING
    choice: str = DO_NOTHING
    lines: tuple[int, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    chosen: Candidate | None = None
    cut: bool = False
    why: str = ""

    @property
    def outcome(self) -> Outcome | None:
        """The simulated outcome of the choice, before redispatching; None: it was not simulated."""
        return self.chosen.outcome if self.chosen else None

    @property
    def redispatched_mw(self) -> float:
        """By how much generators are moved altogether (MW)."""
        redispatch = self.action.part(Redispatch)
        return 0.0 if redispatch is None else redispatch.moved_mw

    def competing(
        self,
        further: Sequence[Candidate],
        rank: Callable[[Outcome], float],
        rule: str,
        kind: str,
    ) -> Decision:
        """The decision once more candidates were simulated: the best of them, or as it is.

        Parameters
        ----------
        further:
            They compete with `chosen`, which wins where they rank no better.
        rank:
            How bad an outcome is, the lower the better.
        rule:
            Name of the rule that simulated them.
        kind:
            What they are, in words.
        """
        best = min(further, key=lambda candidate: rank(candidate.outcome), default=None)
        if best is None:
            return self
        candidates = (*self.candidates, *further)
        if self.chosen and rank(best.outcome) >= rank(self.chosen.outcome):
            return replace(self, candidates=candidates)
        why = (
            f"of {len(further)} {kind} it leaves the least overload (highest load "
            f"{100 * best.outcome.max_rho:.0f} %)"
        )
        return replace(
            self,
            action=best.action,
            rule=rule,
            choice=best.label,
            candidates=candidates,
            chosen=best,
            why=why,
        )

    def to_json(self, observation: Observation) -> dict[str, Any]:
        """The reason as plain data, with the state that it was made in.

        Parameters
        ----------
        observation:
            That of the step.
        """
        reason = {
            "step": int(observation.current_step),
            "max_rho": round(float(np.max(observation.rho)), 5),
            "rule": self.rule,
            "lines": [str(observation.name_line[line]) for line in self.lines],
            "redispatched_mw": self.redispatched_mw,
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "choice": self.choice,
        }
        if self.why:
            reason["why"] = self.why
        return {**reason, "cut": True} if self.cut else reason
