"""The rule that makes a calm grid ready for planned maintenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..actions.grid_action import GridAction
from ..lookahead.outcome import Outcome
from ..lookahead.state import GridState
from .decision import NOTHING, Candidate, Decision
from .maintenance import in_maintenance_within
from .rule import Phase, Rule
from .setting import AMOUNT, RuleSettings, setting
from .situation import Situation

SAFE_NOW = 16
"""So many of the actions that are best for the grid to come are looked at in the present one."""


class Preparation(Rule):
    """Switches before planned maintenance what would be switched after its lines are out.

    Maintenance is announced days ahead, and its lines go out at one step. Where that would overload
    the grid as it is, the action is played that leaves the least overload then, of those
    that are safe now. A recovery that would make it worse waits.
    """

    name = "preparation"
    phase = Phase.CALM
    needs_batches = True

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """How long before.

        Attributes
        ----------
        prepare_steps:
            Planned maintenance that begins within this number of steps is prepared for; 0: none.
        """

        prepare_steps: int = setting(0, AMOUNT)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.prepare_steps > 0

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The action that prepares best, or the decision as it is, or none in place of it."""
        observation = situation.observation
        out = in_maintenance_within(observation, self.settings.prepare_steps)
        out &= np.asarray(observation.line_status)
        if not out.any() or situation.solved is None or not situation.has_spare:
            return decision
        state = self._without(situation, np.flatnonzero(out).tolist())
        critical = situation.settings.critical_rho
        nothing, later = self._outcomes(
            situation, state, [situation.nothing.action, decision.action]
        )
        if later.max_rho < critical:
            return decision
        if nothing.max_rho < critical:
            return situation.nothing
        if decision.action.set_line_status.any():
            return decision
        best = self._best(situation, state, situation.rank(nothing))
        if best is not None:
            why = (
                f"planned maintenance of {self._names(out)} would leave "
                f"{100 * nothing.max_rho:.0f} %"
            )
            lines = tuple(np.flatnonzero(out).tolist())
            return Decision(best.action, self.name, best.label, lines, (best,), best, why=why)
        is_worse = situation.rank(later) > situation.rank(nothing)
        return situation.nothing if decision.rule != NOTHING and is_worse else decision

    def _best(self, situation: Situation, state: GridState, rank: float) -> Candidate | None:
        """Of the actions that rank better then than doing nothing, the best that is safe now."""
        topology = np.asarray(situation.observation.topo_vect)
        choices = np.flatnonzero(situation.allowed)[1:].tolist()
        actions = [situation.actions.played_in(topology, choice - 1) for choice in choices]
        if not actions:
            return None
        ranks = np.array([situation.rank(one) for one in self._outcomes(situation, state, actions)])
        better = [n for n in ranks.argsort(kind="stable")[:SAFE_NOW].tolist() if ranks[n] < rank]
        outcomes = situation.simulate([actions[number] for number in better])
        for number, outcome in zip(better, outcomes):
            if outcome.max_rho < situation.settings.critical_rho:
                label = situation.actions.describe(choices[number] - 1)
                return Candidate(label, actions[number], outcome)
        return None

    def _without(self, situation: Situation, lines: Sequence[int]) -> GridState:
        """The present state with lines out."""
        state = situation.state
        assert state is not None
        return state.without_line(self.grid.positions, *lines)

    def _outcomes(
        self, situation: Situation, state: GridState, actions: Sequence[GridAction]
    ) -> list[Outcome]:
        """The outcome of each action in a state in which the lines are out already."""
        assert situation.solved is not None
        # an end that is named would bring a line back that maintenance has taken out
        out = state.topology < 0
        in_service = []
        for action in actions:
            in_service.append(GridAction.nothing(self.grid.positions))
            in_service[-1].set_line_status[:] = action.set_line_status
            in_service[-1].set_bus[:] = np.where(out, 0, action.set_bus)
        return situation.solved.play_from(state, in_service).outcomes()

    def _names(self, lines: np.ndarray) -> str:
        return ", ".join(map(str, self.grid.name_line[lines]))
