"""The grid after the loss of each line that an opponent attacks, as far as topology corrects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..actions.grid_action import GridAction
from ..lookahead.batch import BatchSimulator
from ..lookahead.clock import Clock
from ..lookahead.state import GridState
from .situation import Situation

SAFE_MARGIN = 0.1
"""A loss that leaves all lines further below the limit is no matter for a plan."""

PREPARATION_STEPS = 12
"""So long before an attack ends, the next one is prepared for."""

GOOD_CORRECTIONS = 20
"""So many of the best corrections of a line's loss are looked at first the next time."""

PAIRED_FIRST, PAIRED_SECOND = 4, 60
"""A second action is looked for after so many of the best first ones, among so many of the best: of
all pairs on 36 substations, the best is nearly always one of these."""

PAIR_MARGIN = 0.15
"""A loss that one action leaves further below the limit needs no second one."""

SEARCH_EVERY = 24
"""All corrections are simulated again after so many steps, and in another topology."""

AS_GOOD = 0.03
"""The correction chosen last stays while another one is better by no more than this load: a plan
of the generators would chase corrections that change."""


@dataclass(frozen=True, eq=False)
class _Search:
    """All corrections of a line's loss, as they were simulated once."""

    step: int
    topology: np.ndarray
    corrected: np.ndarray
    """Topologies after the best of them, that with the lowest load first, ``(n, dim_topo)``."""

    def holds(self, step: int, topology: np.ndarray) -> bool:
        """Whether the best of them are still expected to be the best."""
        is_recent = step < self.step + SEARCH_EVERY
        return is_recent and np.array_equal(topology, self.topology)


class _CorrectionMemory:
    """The last search for each line."""

    def __init__(self) -> None:
        self.searches: dict[int, _Search] = {}


@dataclass(frozen=True, eq=False)
class Loss:
    """The loss of a line.

    Attributes
    ----------
    line:
        Its number.
    state:
        The grid after the loss and its correction, if there is one.
    """

    line: int
    state: GridState


class Contingencies:
    """Tells which losses of lines a plan of the generators has to prevent.

    An attack is answered in the next step, and the protections leave two or three steps. So a loss
    that one or two actions of the set bring below the limit needs no prevention, and of any other
    only what the best of them leave. While an attack goes on there is no other.

    Parameters
    ----------
    simulator:
        Evaluates losses and corrections.
    lines:
        Numbers of the lines that may be lost.
    limit:
        Load of the most loaded line up to which a loss, or what a correction leaves of it, is
        harmless.
    actions:
        Of how many actions a correction is made at most, 1 or 2; 0: each loss is to be prevented.
    """

    def __init__(
        self, simulator: BatchSimulator, lines: np.ndarray, limit: float, actions: int
    ) -> None:
        self.lines = lines
        self._simulator = simulator
        self._limit = limit
        self._actions = actions

    def losses(self, situation: Situation, state: GridState) -> list[Loss]:
        """The losses that matter from a state on, when the present attack is over.

        Parameters
        ----------
        situation:
            The step; its clock counts the power flows.
        state:
            The grid as it will be after the action of this step.
        """
        if not len(self.lines) or (self._actions and self._is_under_attack(state)):
            return []
        positions = self._simulator.positions
        whole = self._without_attack(state)
        losses = [Loss(line, whole.without_line(positions, line)) for line in self.lines.tolist()]
        if not self._actions:
            return losses
        memory = situation.memory.part(_CorrectionMemory)
        return [
            self._corrected(situation, memory, loss, load)
            if load > self._limit and situation.clock.has_left
            else loss
            for loss, load in zip(losses, self._loads_after(situation.clock, whole))
            if load > self._limit - SAFE_MARGIN
        ]

    def _is_under_attack(self, state: GridState) -> bool:
        """Whether an attack goes on for longer than the next one takes to prepare for."""
        out = state.topology[self._simulator.positions.origin[self.lines]] < 0
        lasts = state.line_cooldown[self.lines] > PREPARATION_STEPS
        return bool((out & lasts & ~state.maintenance[self.lines]).any())

    def _without_attack(self, state: GridState) -> GridState:
        """The state with all the lines in service."""
        positions = self._simulator.positions
        ends = np.concatenate((positions.origin[self.lines], positions.extremity[self.lines]))
        topology = state.topology.copy()
        topology[ends] = np.where(topology[ends] > 0, topology[ends], state.last_topology[ends])
        return state.with_topology(topology)

    def _loads_after(self, clock: Clock, state: GridState) -> np.ndarray:
        """Highest load after the loss of each line; infinite where it is a game over."""
        positions = self._simulator.positions
        outages = [GridAction.of_line(positions, line, -1) for line in self.lines.tolist()]
        return self._loads(clock, state.without_cooldowns(), outages)

    def _corrected(
        self, situation: Situation, memory: _CorrectionMemory, loss: Loss, load: float
    ) -> Loss:
        """The loss with the actions that lower its highest load best, or as it is."""
        step = int(situation.observation.current_step)
        search = memory.searches.get(loss.line)
        if search is None or not search.holds(step, loss.state.topology):
            corrected, loads = self._corrections(situation, loss.state)
            search = memory.searches[loss.line] = _Search(step, loss.state.topology, corrected)
        else:
            corrected = search.corrected
            situation.clock.count(len(corrected))
            loads = self._simulator.loads_in(loss.state, corrected)
        if not len(corrected):
            return loss
        number = 0 if loads[0] < loads.min() + AS_GOOD else int(loads.argmin())
        if loads[number] >= load:
            return loss
        return Loss(loss.line, loss.state.with_topology(corrected[number]))

    def _corrections(self, situation: Situation, state: GridState) -> tuple[np.ndarray, np.ndarray]:
        """Topologies after the best corrections, the best first, and their highest loads.

        Their shapes are ``(n, dim_topo)`` and ``(n,)``.
        """
        everything = np.arange(len(situation.actions))
        loads = self._loads_of(situation, state, everything)
        ranked = loads.argsort(kind="stable")
        best = [self._after(situation, state, number) for number in ranked[:GOOD_CORRECTIONS]]
        loads = loads[ranked[:GOOD_CORRECTIONS]]
        if self._actions > 1 and loads.min() > self._limit - PAIR_MARGIN:
            second = ranked[:PAIRED_SECOND]
            for first in best[:PAIRED_FIRST]:
                between = state.with_topology(first)
                after = self._loads_of(situation, between, second)
                chosen = after.argsort(kind="stable")[:GOOD_CORRECTIONS]
                best += [self._after(situation, between, number) for number in second[chosen]]
                loads = np.append(loads, after[chosen])
        order = loads.argsort(kind="stable")[:GOOD_CORRECTIONS]
        order = order[np.isfinite(loads[order])]
        return np.array(best)[order], loads[order]

    @staticmethod
    def _after(situation: Situation, state: GridState, number: int) -> np.ndarray:
        """The topology after an action of the set."""
        action = situation.actions.played_in(state.topology, int(number))
        topology: np.ndarray = np.where(action.set_bus > 0, action.set_bus, state.topology)
        return topology

    def _loads_of(
        self, situation: Situation, state: GridState, numbers: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Highest load after each of some actions of the set, shape ``(len(numbers),)``."""
        played = [situation.actions.played_in(state.topology, int(number)) for number in numbers]
        return self._loads(situation.clock, state, played)

    def _loads(self, clock: Clock, state: GridState, actions: Sequence[GridAction]) -> np.ndarray:
        """Highest load after each action, shape ``(len(actions),)``."""
        clock.count(len(actions))
        outcomes = self._simulator.evaluate_state(state, actions)
        return np.array([outcome.max_rho for outcome in outcomes])
