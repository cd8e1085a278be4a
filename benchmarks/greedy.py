"""An exhaustive one-step greedy: every topology of every substation, the largest one screened."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from powrl.engines.fast.engine import FastEngine
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.grid import Grid
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.state import GridState
from powrl.player.rules.manager import OverloadManager
from powrl.player.rules.settings import OverloadSettings
from powrl.reduction.enumeration import unitary_topologies
from powrl.reduction.screening import Screen, screened

KEEP, RECALL = 20, 0.97
"""Topologies of the largest substation that survive the screening, and how often the best one is
among them on this grid: benchmarks/recall.py."""

SETTINGS = OverloadSettings(critical_rho=0.95, safe_rho=0.0, candidates=10_000, plan=False)


class ExhaustiveGreedy:
    """Reconnects, recovers below rho 0.9, and on an overload plays the best of all topologies."""

    def __init__(self, engine: FastEngine) -> None:
        layout = GridLayout.from_grid2op(engine.grid)
        self._simulator = engine.simulator()
        self._actions = unitary_topologies(layout)
        grid = Grid.from_grid2op(engine.grid.action_space)
        self._manager = OverloadManager(grid, self._actions, self._simulator, SETTINGS)
        self._screen = Screen(engine.model)
        self._screen.trust(RECALL)
        largest = int(np.argmax([len(elements) for elements in layout.elements]))
        size = len(layout.elements[largest])
        rows = list(product((1, 2), repeat=size - 1))
        self._large = {largest: np.array([(1, *row) for row in rows], dtype=np.int8)}

    def act(self, observation: Any) -> GridAction:
        """The action for one step."""
        situation = self._manager.situation(observation, lambda _: [])
        base = self._manager.decide_in(situation).action
        if not situation.is_overloaded:
            return base
        _, topologies = self._actions.candidates(
            observation.topo_vect, observation.time_before_cooldown_sub
        )
        topologies += screened(
            self._screen, GridState.from_observation(observation), self._large, KEEP
        )
        candidates = [base, *(base + topology for topology in topologies)]
        outcomes = self._simulator.evaluate(observation, candidates)
        return candidates[int(np.argmin([outcome.max_rho for outcome in outcomes]))]
