"""The rule that brings a calm grid back to its nominal topology."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..actions.grid_action import GridAction
from .decision import NOTHING, Candidate, Decision
from .rule import Phase, Rule
from .setting import LOAD, RuleSettings, setting
from .situation import Situation


class Recovery(Rule):
    """Brings one substation per step back to its nominal topology: all elements on busbar 1.

    Of the substations that are split and out of cooldown, it takes the one that leaves the lowest
    simulated load, and only where that stays below ``recovery_rho``.
    """

    name = "recovery"
    phase = Phase.CALM

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """When the nominal topology is restored.

        Attributes
        ----------
        recover:
            Whether a calm grid is brought back to its nominal topology.
        recovery_rho:
            Load under which recovery begins, and below which the simulated load must stay.
        """

        recover: bool = setting(True)
        recovery_rho: float = setting(0.9, LOAD)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.recover

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The recovery of one substation; a decision that does something already stays."""
        observation, positions = situation.observation, self.grid.positions
        topology = np.asarray(observation.topo_vect)
        on_second = topology == 2
        limit = self.settings.recovery_rho
        if not on_second.any() or observation.rho.max() >= limit or decision.rule != NOTHING:
            return decision
        free = np.asarray(observation.time_before_cooldown_sub) == 0
        split = [
            substation
            for substation in np.unique(positions.substation[on_second]).tolist()
            if free[substation]
        ]
        if not split:
            return decision
        actions = [
            GridAction.of_substation(
                positions, substation, np.ones_like(topology[positions.part(substation)]), topology
            )
            for substation in split
        ]
        labels = [f"{self.grid.name_sub[substation]}: all on busbar 1" for substation in split]
        candidates = tuple(map(Candidate, labels, actions, situation.simulate(actions)))
        best = min(candidates, key=lambda candidate: candidate.outcome.max_rho)
        if best.outcome.max_rho >= limit:
            return decision
        why = (
            f"of {len(candidates)} split substations this one leaves the lowest loads "
            f"(highest {100 * best.outcome.max_rho:.0f} %, below {100 * limit:.0f} %)"
        )
        return Decision(best.action, self.name, best.label, (), candidates, best, why=why)
