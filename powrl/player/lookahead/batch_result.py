"""Actions that were played from one state: their outcomes, and the states that they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Callable, NamedTuple

import numpy as np

from ..grid.positions import Positions
from .game_rules import Legality, Rules
from .outcome import Outcome
from .state import GridState, maintenance_a_step_on


@dataclass(frozen=True, eq=False)
class PlayedActions:
    """What a batch knows after it has solved its actions.

    Attributes
    ----------
    state:
        State from which the actions were played.
    legality:
        Legality of each action; one that is not playable was replaced by doing nothing.
    before, after:
        Topologies before and after the protections opened lines, shape ``(n, dim_topo)``.
    currents:
        Current of each line (A), shape ``(n, n_line)``.
    alive:
        Whether the episode goes on, shape ``(n,)``, bool.
    """

    positions: Positions
    rules: Rules
    state: GridState
    legality: Legality
    before: np.ndarray
    after: np.ndarray
    currents: np.ndarray
    alive: np.ndarray

    @classmethod
    def gathered(cls, solutions: Sequence[Solution]) -> PlayedActions:
        """Actions from one state that several batches have solved, as one; at least one action."""
        first = solutions[0].batch

        def rows(arrays: Callable[[PlayedActions], np.ndarray]) -> np.ndarray:
            return np.array([arrays(solution.batch)[solution.row] for solution in solutions])

        return cls(
            first.positions,
            first.rules,
            first.state,
            Legality(
                rows(lambda batch: batch.legality.playable),
                rows(lambda batch: batch.legality.lines),
                rows(lambda batch: batch.legality.substations),
            ),
            rows(lambda batch: batch.before),
            rows(lambda batch: batch.after),
            rows(lambda batch: batch.currents),
            rows(lambda batch: batch.alive),
        )

    @cached_property
    def rho(self) -> np.ndarray:
        """Load of each line after each action, 0 where it is game over, shape ``(n, n_line)``."""
        return np.where(self.alive[:, None], self.currents / self.state.thermal_limits, 0)

    @property
    def max_rho(self) -> np.ndarray:
        """`Outcome.max_rho` of each action, shape ``(n,)``."""
        counts = self.legality.playable & self.alive
        return np.where(counts, self.rho.max(axis=1).astype(float), np.inf)

    @cached_property
    def opened(self) -> np.ndarray:
        """Whether the protections open each line, shape ``(n, n_line)``, bool."""
        origin = self.positions.origin
        return np.asarray((self.before[:, origin] > 0) & (self.after[:, origin] < 0))

    def outcomes(self) -> list[Outcome]:
        """The outcome of each action."""
        playable, over = self.legality.playable.tolist(), np.logical_not(self.alive).tolist()
        return list(map(Outcome, self.rho, playable, over))

    def solutions(self) -> list[Solution]:
        """Each action by itself."""
        return [Solution(self, row, outcome) for row, outcome in enumerate(self.outcomes())]

    def state_after(self, row: int) -> GridState:
        """The state one step later, its timers counted as ``grid2op.Environment.BaseEnv`` does.

        The injections stay as they are: nothing is forecast for later steps.

        Raises
        ------
        ValueError
            It is a game over.
        """
        if not self.alive[row]:
            raise ValueError("nothing comes after a game over.")
        state, rules = self.state, self.rules
        overflow = self.currents[row] > rules.soft_overflow * state.thermal_limits
        ahead, lasts = maintenance_a_step_on(state.maintenance_in, state.maintenance_lasts)
        return replace(
            state.with_topology(self.after[row]),
            line_cooldown=self._line_cooldown(row),
            substation_cooldown=self._substation_cooldown(row),
            overflow_steps=np.where(overflow, state.overflow_steps + 1, 0),
            maintenance_in=ahead,
            maintenance_lasts=lasts,
        )

    def _line_cooldown(self, row: int) -> np.ndarray:
        state = self.state
        cooldown: np.ndarray = np.maximum(state.line_cooldown - 1, 0)
        cooldown[self.opened[row]] = self.rules.reconnection_time
        busy = state.maintenance
        cooldown[busy] = np.maximum(cooldown[busy], state.maintenance_lasts[busy])
        if self.legality.playable[row]:
            touched = self.legality.lines[row]
            cooldown[touched] = np.maximum(cooldown[touched], self.rules.line_cooldown)
        return cooldown

    def _substation_cooldown(self, row: int) -> np.ndarray:
        cooldown: np.ndarray = np.maximum(self.state.substation_cooldown - 1, 0)
        if self.legality.playable[row]:
            cooldown[self.legality.substations[row]] = self.rules.substation_cooldown
        return cooldown


class Solution(NamedTuple):
    """One action of a batch: its outcome, and the state that it leads to.

    Attributes
    ----------
    batch, row:
        The batch that it was solved in, and its place there.
    outcome:
        What `observation.simulate` says of it.
    """

    batch: PlayedActions
    row: int
    outcome: Outcome

    @property
    def topology(self) -> np.ndarray:
        """``topo_vect`` after the protections opened lines, shape ``(dim_topo,)``."""
        return np.asarray(self.batch.after[self.row])

    @property
    def topology_before_protections(self) -> np.ndarray | None:
        """``topo_vect`` as the action makes it, or None: it is a game over."""
        return np.asarray(self.batch.before[self.row]) if self.batch.alive[self.row] else None

    @property
    def opened(self) -> np.ndarray:
        """Whether the protections open each line, shape ``(n_line,)``, bool."""
        return np.asarray(self.batch.opened[self.row])

    def state_after(self) -> GridState:
        """The state one step later (`PlayedActions.state_after`)."""
        return self.batch.state_after(self.row)
