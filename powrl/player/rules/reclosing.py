"""The rule that tries to close a line again whose attack may be over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .attacks import SHORTEST_ATTACK, attacked_lines
from .decision import NOTHING, Candidate, Decision, on_top_of
from .reconnection import Reconnection, reconnections
from .rule import Phase, Rule
from .situation import Situation


class Reclosing(Rule):
    """Closes a line, beside whatever else is played, that an attack may have left by now.

    While the attack goes on nothing comes of it, and no observation tells that it is over before
    the line is back. So the other rules decide as if the line stayed out; it is closed where the
    simulated load, if it does come back, stays below ``critical_rho`` or does not rise.
    """

    name = "reclosing"
    phase = Phase.ALWAYS
    Settings = Reconnection.Settings

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The decision with one line closed beside it, or as it is."""
        observation = situation.observation
        if not len(self.grid.alertable_lines) or decision.action.set_line_status.any():
            return decision
        free = np.asarray(observation.time_before_cooldown_line) == 0
        lines = np.flatnonzero(free & attacked_lines(self.grid, observation, SHORTEST_ATTACK))
        ways = [way for line in lines for way in reconnections(self.grid, observation, int(line))]
        if not ways:
            return decision
        actions = [decision.action, *(decision.action + action for _, action in ways)]
        before, *outcomes = situation.simulate(actions)
        best = int(np.argmin([outcome.max_rho for outcome in outcomes]))
        label, outcome = ways[best][0], outcomes[best]
        harmless = max(situation.settings.critical_rho, before.max_rho)
        if not outcome.max_rho < np.inf or outcome.max_rho > harmless:
            return decision
        is_alone = decision.rule == NOTHING
        label = on_top_of(decision.choice, label)
        chosen = Candidate(label, actions[1 + best], outcome)
        return replace(
            decision,
            action=chosen.action,
            rule=self.name if is_alone else decision.rule,
            choice=label,
            candidates=(*decision.candidates, chosen),
            chosen=decision.chosen or chosen,
        )
