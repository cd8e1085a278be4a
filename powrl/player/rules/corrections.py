"""The topologies that correct the loss of a line best, searched once in a while."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..lookahead.batch import BatchSimulator
from ..lookahead.state import GridState
from .redispatching_settings import RedispatchingSettings
from .situation import Situation

GOOD_CORRECTIONS = 20
"""So many of the best corrections of a loss are kept."""

PAIRED_FIRST, PAIRED_SECOND = 4, 60
"""A second action is looked for after so many of the best first ones, among so many of the best: of
all pairs on 36 substations, the best is nearly always one of these."""

PAIR_MARGIN = 0.15
"""A loss that one action leaves further below the limit needs no second one."""


@dataclass(frozen=True, eq=False)
class Correction:
    """The best corrections of a loss, as they were simulated once.

    Attributes
    ----------
    step:
        At which they were.
    topologies:
        Those after the corrections, that with the lowest load first, shape ``(n, dim_topo)``.
    loads:
        Highest load of each then, shape ``(n,)``.
    """

    step: int
    topologies: np.ndarray
    loads: np.ndarray


class _CorrectionMemory:
    """The last search in each topology."""

    def __init__(self) -> None:
        self.searches: dict[bytes, Correction] = {}


class Corrections:
    """Searches the actions of the set for what corrects the loss of a line.

    Parameters
    ----------
    simulator:
        Evaluates corrections.
    limit:
        Load up to which a correction is good enough.
    actions:
        Of how many actions, one a step, a correction is made at most, 1 or 2.
    interval:
        All corrections are simulated again after so many steps, and in another topology.
    """

    def __init__(
        self, simulator: BatchSimulator, limit: float, actions: int, interval: int
    ) -> None:
        self._simulator = simulator
        self._limit = limit
        self._actions = actions
        self._interval = interval

    @classmethod
    def by_settings(cls, simulator: BatchSimulator, settings: RedispatchingSettings) -> Corrections:
        """Those of an agent with some settings, of one action where it corrects nothing."""
        actions = max(settings.correct_actions, 1)
        return cls(simulator, settings.redispatch_limit, actions, settings.correct_every)

    def best(self, situation: Situation, state: GridState) -> Correction:
        """The best corrections of a state; in the same topology, those of some steps ago.

        Parameters
        ----------
        state:
            The grid after the loss.
        """
        searches = situation.memory.part(_CorrectionMemory).searches
        step, key = int(situation.observation.current_step), state.topology.tobytes()
        search = searches.get(key)
        if search is not None and step < search.step + self._interval:
            return search
        outdated = [key for key, one in searches.items() if step >= one.step + self._interval]
        for topology in outdated:
            del searches[topology]
        searches[key] = Correction(step, *self._search(situation, state))
        return searches[key]

    def _search(self, situation: Situation, state: GridState) -> tuple[np.ndarray, np.ndarray]:
        """Topologies after the best corrections, the best first, and their highest loads.

        Cooldowns are over by the time that the loss may come.
        """
        state = state.without_cooldowns()
        ranked, loads = self._ranked(situation, state, np.arange(len(situation.actions)))
        loads = loads[:GOOD_CORRECTIONS]
        best = list(self._after(situation, state, ranked[: len(loads)]))
        if self._actions > 1 and loads.min() > self._limit - PAIR_MARGIN:
            for first in best[: min(PAIRED_FIRST, int(np.isfinite(loads).sum()))]:
                between = state.with_topology(first)
                second, after = self._ranked(situation, between, ranked[:PAIRED_SECOND])
                after = after[:GOOD_CORRECTIONS]
                best += list(self._after(situation, between, second[: len(after)]))
                loads = np.append(loads, after)
        order = loads.argsort(kind="stable")[:GOOD_CORRECTIONS]
        order = order[np.isfinite(loads[order])]
        return np.array(best)[order], loads[order]

    def _ranked(
        self, situation: Situation, state: GridState, numbers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Some actions of the set by their loads, the best first, and those loads as far as solved.

        Parameters
        ----------
        numbers:
            Of the actions. Where the settings ask for it, only those that are best by estimated
            loads are solved, and the others come after them.
        """
        solved, others = numbers, numbers[:0]
        if 0 < situation.settings.screened < len(numbers):
            busbars = situation.actions.busbars_in(state.topology, numbers)
            estimated = self._simulator.estimate_topologies(state, busbars)
            if estimated is not None:
                order = estimated.max_rho.argsort(kind="stable")
                first, rest = np.split(order, [situation.settings.screened])
                solved, others = numbers[np.sort(first)], numbers[rest]
        loads = self._loads_of(situation, state, solved)
        order = loads.argsort(kind="stable")
        return np.append(solved[order], others), loads[order]

    @staticmethod
    def _after(situation: Situation, state: GridState, numbers: np.ndarray) -> np.ndarray:
        """The topology after each of some actions of the set, shape ``(n, dim_topo)``."""
        busbars = situation.actions.busbars_in(state.topology, numbers)
        return np.where(busbars > 0, busbars, state.topology)

    def _loads_of(self, situation: Situation, state: GridState, numbers: np.ndarray) -> np.ndarray:
        """Highest load after each of some actions of the set, shape ``(len(numbers),)``."""
        situation.clock.count(len(numbers))
        busbars = situation.actions.busbars_in(state.topology, numbers)
        return self._simulator.play_topologies(state, busbars).max_rho
