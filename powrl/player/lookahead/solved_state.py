"""Actions from one state, each solved once, however many rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..actions.grid_action import GridAction
from .batch import BatchSimulator
from .batch_result import PlayedActions, Solution
from .clock import Clock
from .state import GridState


class SolvedState:
    """A state with the actions that were solved from it.

    Parameters
    ----------
    simulator:
        Solves actions.
    state:
        Where they are played.
    clock:
        Counts the power flows.
    """

    def __init__(self, simulator: BatchSimulator, state: GridState, clock: Clock) -> None:
        self.simulator = simulator
        self.state = state
        self.clock = clock
        self._solutions: dict[bytes, Solution] = {}
        self._estimates: dict[bytes, PlayedActions | None] = {}

    def solve(self, actions: Sequence[GridAction]) -> list[Solution]:
        """The solution of each topological action, in order."""
        keys = [action.key for action in actions]
        missing = {key: action for key, action in zip(keys, actions) if key not in self._solutions}
        if missing:
            self.clock.count(len(missing))
            batch = self.simulator.play_state(self.state, list(missing.values()))
            self._solutions.update(zip(missing, batch.solutions()))
        return [self._solutions[key] for key in keys]

    def play_from(self, state: GridState, actions: Sequence[GridAction]) -> PlayedActions:
        """Actions played from another state, of which nothing is kept."""
        self.clock.count(len(actions))
        return self.simulator.play_state(state, actions)

    def estimate_from(self, state: GridState, set_bus: np.ndarray) -> PlayedActions | None:
        """What is estimated of actions from a state (`BatchSimulator.estimate_topologies`).

        It counts as no power flow. That from the state itself is kept.
        """
        if state is not self.state:
            return self.simulator.estimate_topologies(state, set_bus)
        key = set_bus.tobytes()
        if key not in self._estimates:
            self._estimates[key] = self.simulator.estimate_topologies(state, set_bus)
        return self._estimates[key]
