"""The rule that takes the safe action that stands the next outage best."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..actions.grid_action import GridAction
from ..errors import count
from ..grid.grid import Grid
from ..lookahead.outcome import Outcome, Simulator
from ..lookahead.solved_state import SolvedState
from .decision import Candidate, Decision
from .maintenance import in_maintenance_within
from .rule import Phase, Rule
from .setting import AMOUNT, LINE_NAMES, LOAD, RuleSettings, setting
from .situation import Situation

GAME_OVER_HARM = 1.0
"""Harm of an outage that ends the episode, and at most of any other; a load of 1.1 does 0.1."""


class Security(Rule):
    """Lets the safe actions compete on what the loss of one more line does.

    Lost are the lines that the opponent attacks, those that are to be in maintenance, and the most
    loaded ones, which the protections open first: an action that hangs generators on one line
    gains some percent of load and loses them all when that line trips.
    """

    name = "security"
    phase = Phase.OVERLOAD
    needs_batches = True

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """Which actions compete, and against which outages.

        Attributes
        ----------
        secure:
            How many of the best safe actions are tried against outages; 0: none.
        outages:
            Names of the lines that may be lost at any time: those that the opponent attacks. Lines
            that alerts can be raised for are among them without being named.
        outage_load:
            Load from which on the loss of any other line is tried.
        maintenance_steps:
            Lines whose planned maintenance begins within this number of steps are taken for lost.
        """

        secure: int = setting(0, AMOUNT)
        outages: tuple[str, ...] = setting((), LINE_NAMES)
        outage_load: float = setting(0.8, LOAD)
        maintenance_steps: int = setting(0, AMOUNT)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.secure > 0

    def __init__(self, grid: Grid, simulator: Simulator, settings: RuleSettings) -> None:
        super().__init__(grid, simulator, settings)
        numbers = [grid.line_numbers[name] for name in self.settings.outages]
        self._may_be_lost = np.zeros(grid.n_line, dtype=bool)
        self._may_be_lost[[*numbers, *grid.alertable_lines.tolist()]] = True

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The safe action that outages harm least, or the decision as it is."""
        solved = situation.solved
        if solved is None:
            return decision
        limit = situation.settings.critical_rho
        safe = [one for one in decision.candidates if one.outcome.max_rho < limit]
        safe.sort(key=lambda one: situation.rank(one.outcome))
        best, least = None, np.inf
        for candidate in safe[: self.settings.secure]:
            if situation.clock.stops() or not least:  # none stands outages better than unharmed
                break
            harm = self._harm(situation, solved, candidate)
            if harm < least:
                best, least = candidate, harm
        if best is None or best is decision.chosen:
            return decision
        number = min(len(safe), self.settings.secure)
        why = f"of {count(number, 'safe action')} it stands outages best (harm {least:.2f})"
        return replace(
            decision, action=best.action, choice=best.label, chosen=best, why=why, rule=self.name
        )

    def _harm(self, situation: Situation, solved: SolvedState, candidate: Candidate) -> float:
        """What the loss of each line that may be lost does after a candidate, summed up."""
        (solution,) = solved.solve([candidate.action])
        rho = solution.outcome.rho
        lost = self._may_be_lost | (rho >= self.settings.outage_load)
        lost |= in_maintenance_within(situation.observation, self.settings.maintenance_steps)
        losses = [
            GridAction.of_line(self.grid.positions, line, -1)
            for line in np.flatnonzero(lost & (rho > 0)).tolist()
        ]
        if not losses:
            return 0.0
        state = solution.state_after().without_cooldowns()
        solutions = solved.play_from(state, losses).solutions()
        return sum(_harm_of(one.outcome) for one in solutions)


def _harm_of(outcome: Outcome) -> float:
    if not outcome.max_rho < np.inf:
        return GAME_OVER_HARM
    return float(np.clip(outcome.max_rho - 1, 0, GAME_OVER_HARM))
