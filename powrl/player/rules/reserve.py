"""The rule that looks at more actions where those that are always simulated leave an overload."""

from __future__ import annotations

from dataclasses import dataclass

from .decision import Candidate, Decision
from .remedy import BATCHES_AT_ONCE, labelled
from .rule import Phase, Rule
from .setting import AMOUNT, RuleSettings, setting
from .situation import Situation

SOLVED_RHO = 1.0
"""No line is above its limit."""


class Reserve(Rule):
    """Simulates the actions behind the first ones, in order, up to one that ends the overload.

    So a large set costs no more than its beginning where that suffices, and how far the search
    goes elsewhere follows from the time and the simulations that are left.
    """

    name = "reserve"
    phase = Phase.OVERLOAD

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """How many actions are kept in reserve.

        Attributes
        ----------
        reserve:
            How many of the policy's best actions are simulated altogether where the first
            `candidates` leave a line at its limit or above; 0: no more.
        """

        reserve: int = setting(0, AMOUNT)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.reserve > 0

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The best of more actions, or the decision as it is, where it ends the overload."""
        chosen = decision.chosen
        if chosen is None or not decision.candidates or chosen.outcome.max_rho < SOLVED_RHO:
            return decision
        further = self._further(situation, decision)
        return decision.competing(further, situation.rank, self.name, "more actions")

    def _further(self, situation: Situation, decision: Decision) -> list[Candidate]:
        """Candidates behind those of the decision, up to the batch that holds a solution."""
        base = decision.candidates[0]
        labels = {candidate.label for candidate in decision.candidates}
        choices = [
            choice
            for choice in [choice for choice in situation.ranked if choice][: self.settings.reserve]
            if labelled(situation, base.label, choice) not in labels
        ]
        topology, size = situation.observation.topo_vect, situation.batch_size * BATCHES_AT_ONCE
        further: list[Candidate] = []
        for first in range(0, len(choices), size):
            if situation.clock.stops():
                break
            batch = choices[first : first + size]
            actions = [
                base.action + situation.actions.played_in(topology, choice - 1) for choice in batch
            ]
            further += [
                Candidate(labelled(situation, base.label, choice), action, outcome)
                for choice, action, outcome in zip(batch, actions, situation.simulate(actions))
            ]
            if any(candidate.outcome.max_rho < SOLVED_RHO for candidate in further):
                break
        return further
