"""A rule of your own: `overload: {"my_rules:Disconnection": {limit: 1.3}}` in a configuration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from powrl import Candidate, Decision, GridAction, Phase, Rule, RuleSettings, setting


class Disconnection(Rule):
    """Opens the most loaded line where nothing else brings it below a limit.

    The protections would open it anyhow, a few steps later, and for longer.
    """

    name = "disconnection"
    phase = Phase.OVERLOAD

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """When a line is opened.

        Attributes
        ----------
        limit:
            Simulated load of the most loaded line from which on opening it is tried.
        """

        limit: float = setting(1.3)

    def apply(self, situation, decision):
        """The decision to open the most loaded line, where that is better than the one so far."""
        if decision.outcome is None or decision.outcome.max_rho < self.settings.limit:
            return decision
        line = int(np.argmax(situation.observation.rho))
        action = GridAction.nothing(self.grid.positions)
        action.set_line_status[line] = -1
        (outcome,) = situation.simulate([action])
        chosen = Candidate(f"disconnect {self.grid.name_line[line]}", action, outcome)
        candidates = (*decision.candidates, chosen)
        if outcome.max_rho >= decision.outcome.max_rho:
            return decision
        return Decision(action, self.name, chosen.label, (line,), candidates, chosen)
