"""The rule that changes one substation in each area, where the rules of the game allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..grid.grid import Grid
from ..lookahead.outcome import Simulator
from .decision import Candidate, Decision, on_top_of
from .rule import Phase, Rule, Unavailable
from .setting import RuleSettings, setting
from .situation import Situation

BEGINNINGS, ADDITIONS = 4, 40
"""So many of the best combinations go on, each with so many of the best actions in other areas."""


class Substations(Rule):
    """Adds to the best action the best ones of the other areas, one area after the other.

    Paris Region 2023 lets an agent change one substation in each of its areas in a step
    (``grid2op.Rules.RulesByArea``). Single actions of the remedy are combined, as long as that
    leaves less overload.
    """

    name = "substations"
    phase = Phase.OVERLOAD
    needs_batches = True

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """Whether areas are combined.

        Attributes
        ----------
        by_area:
            Whether one action in each area is played in a step, where the rules of the game count
            changes by area.
        """

        by_area: bool = setting(False)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.by_area

    def __init__(self, grid: Grid, simulator: Simulator, settings: RuleSettings) -> None:
        super().__init__(grid, simulator, settings)
        assert simulator.batch is not None
        self._area = np.zeros(grid.n_sub, dtype=int)
        for number, area in enumerate(simulator.batch.rules.areas):
            self._area[area.substations] = number

    @classmethod
    def create(cls, grid: Grid, simulator: Simulator, settings: RuleSettings) -> Rule | Unavailable:
        """The rule, where substations of several areas may be changed in one step."""
        if simulator.batch is not None and len(simulator.batch.rules.areas) < 2:
            return Unavailable("the rules of the game know no areas")
        return super().create(grid, simulator, settings)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The best combination, or the decision as it is, where none leaves less overload."""
        chosen = decision.chosen
        if chosen is None or chosen.outcome.max_rho < situation.settings.critical_rho:
            return decision
        base, *others = decision.candidates
        singles = [one for one in others if one.outcome.max_rho < np.inf]
        singles.sort(key=lambda one: situation.rank(one.outcome))
        beginnings, combinations = singles[:BEGINNINGS], []
        while beginnings and not situation.clock.stops():
            combined = self._combined(situation, base, beginnings, singles)
            combinations += combined
            combined.sort(key=lambda one: situation.rank(one.outcome))
            beginnings = combined[:BEGINNINGS]
        kind = "actions in different areas together"
        return decision.competing(combinations, situation.rank, self.name, kind)

    def _combined(
        self,
        situation: Situation,
        base: Candidate,
        beginnings: Sequence[Candidate],
        singles: Sequence[Candidate],
    ) -> list[Candidate]:
        """Each beginning with each of the best single actions in an area that it leaves alone."""
        labels, actions = {}, {}
        for beginning in beginnings:
            taken = self._areas(base, beginning)
            free = [one for one in singles if not taken & self._areas(base, one)]
            for one in free[:ADDITIONS]:
                action = beginning.action + one.action
                actions[action.key] = action
                labels[action.key] = on_top_of(beginning.label, _alone(base, one))
        outcomes = situation.simulate(list(actions.values()))
        combined = map(Candidate, labels.values(), actions.values(), outcomes)
        return [one for one in combined if one.outcome.max_rho < np.inf]

    def _areas(self, base: Candidate, candidate: Candidate) -> set[int]:
        """Areas in which a candidate changes a substation, beyond the base."""
        changed = candidate.action.set_bus != base.action.set_bus
        return set(self._area[self.grid.positions.substation[changed]].tolist())


def _alone(base: Candidate, candidate: Candidate) -> str:
    """Label of a candidate without that of the base that it is played on."""
    label, start = candidate.label, f"{base.label}, "
    return label[len(start) :] if label.startswith(start) else label
