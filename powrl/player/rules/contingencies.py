"""The grid after the loss of each line that an opponent attacks, as far as topology corrects it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..grid.reductions import any_hold
from ..lookahead.batch import BatchSimulator
from ..lookahead.clock import Clock
from ..lookahead.state import GridState
from .attack_limits import AttackLimits
from .attack_pause import LEAD_STEPS, AttackPause, PauseCounter
from .corrections import Corrections
from .situation import Situation

SAFE_MARGIN = 0.1
"""A loss that leaves all lines further below the limit is no matter for a plan."""

AS_GOOD = 0.03
"""The best correction of the last search stays while another one is better by no more than this
load: a plan of the generators would chase corrections that change."""


class Loss(NamedTuple):
    """The loss of a line.

    Attributes
    ----------
    line:
        Its number.
    state:
        The grid after the loss and its correction, if there is one.
    limit, cost:
        Load up to which nothing is prevented, and what a load of 1 beyond it costs
        (`AttackLimits`).
    """

    line: int
    state: GridState
    limit: float
    cost: float


class Contingencies:
    """Tells which losses of lines a plan of the generators has to prevent.

    An attack is answered in the next step, and the protections leave two or three steps. So a loss
    that one or two actions of the set bring below the limit needs no prevention, and of any other
    only what the best of them leave. There is none while no attack may come. Where losses are
    corrected, there is none while an attack goes on, either.

    Parameters
    ----------
    simulator:
        Evaluates losses and corrections.
    lines:
        Numbers of the lines that may be lost.
    limits:
        Load of the most loaded line up to which each loss, or what a correction leaves of it, is
        harmless.
    corrections:
        What corrects losses; None: each loss is to be prevented.
    pause:
        Tells when an attack may come.
    """

    def __init__(
        self,
        simulator: BatchSimulator,
        lines: np.ndarray,
        limits: AttackLimits,
        corrections: Corrections | None,
        pause: AttackPause,
    ) -> None:
        self.lines = lines
        positions = simulator.positions
        self._ends = np.array((positions.origin[lines], positions.extremity[lines]))
        self._simulator = simulator
        self._limits = limits
        self._corrections = corrections
        self._pause = pause

    def losses(self, situation: Situation, state: GridState) -> list[Loss]:
        """The losses that matter from a state on, when the present attack is over.

        Parameters
        ----------
        situation:
            The step; its clock counts the power flows.
        state:
            The grid as it will be after the action of this step.
        """
        corrections = self._corrections
        if not len(self.lines) or (corrections is not None and self._is_under_attack(state)):
            return []
        if self._pause.possible_in(situation.memory.part(PauseCounter)) > LEAD_STEPS:
            return []
        positions, observation = self._simulator.positions, situation.observation
        whole = self._without_attack(state)
        lost = self._loads_after(situation.clock, whole) if corrections is not None else None
        limits, costs = self._limits.at(observation, lost)
        states = whole.without_each(positions, self.lines)
        losses = list(map(Loss, self.lines.tolist(), states, limits.tolist(), costs.tolist()))
        if corrections is None or lost is None:
            return losses
        return [
            self._corrected(situation, loss, load, corrections)
            if loss.limit < load < np.inf and situation.clock.has_left
            else loss
            for loss, load in zip(losses, lost.tolist())
            if load > loss.limit - SAFE_MARGIN
        ]

    def _is_under_attack(self, state: GridState) -> bool:
        """Whether an attack goes on for longer than the next one takes to prepare for."""
        out = state.topology[self._simulator.positions.origin[self.lines]] < 0
        lasts = state.line_cooldown[self.lines] > LEAD_STEPS
        return bool((out & lasts & ~state.maintenance[self.lines]).any())

    def _without_attack(self, state: GridState) -> GridState:
        """The state with those of the lines in service that are not in maintenance."""
        ends = self._ends
        out = (state.topology[ends] <= 0) & ~state.maintenance[self.lines]
        if not any_hold(out):
            return state
        topology = state.topology.copy()
        topology[ends[out]] = state.last_topology[ends[out]]
        return state.with_topology(topology)

    def _loads_after(self, clock: Clock, state: GridState) -> np.ndarray:
        """Highest load after the loss of each line; infinite where it is a game over."""
        clock.count(len(self.lines))
        outcomes = self._simulator.after_losses(state, self.lines)
        return np.array([outcome.max_rho for outcome in outcomes])

    def _corrected(
        self, situation: Situation, loss: Loss, load: float, corrections: Corrections
    ) -> Loss:
        """The loss with the actions that lower its highest load best, or as it is."""
        step = int(situation.observation.current_step)
        search = corrections.best(situation, loss.state)
        corrected, loads = search.topologies, search.loads
        if not len(corrected):
            return loss
        if search.step < step:
            situation.clock.count(len(corrected))
            loads = self._simulator.loads_in(loss.state, corrected)
        number = 0 if loads[0] < loads.min() + AS_GOOD else int(loads.argmin())
        if loads[number] >= load:
            return loss
        return loss._replace(state=loss.state.with_topology(corrected[number]))
