"""Alerts for lines whose loss ends the episode, of environments that have them (IDF 2023)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..grid.action import GridAction
from ..grid.positions import Positions
from ..lookahead.batch import BatchSimulator
from ..lookahead.outcome import Outcome, Simulator
from .episode_start import EpisodeStart

EVERY = 6
"""Steps between two looks at the same topology: loads move slowly, a look takes milliseconds."""


class Alerts:
    """Raises an alert for each line whose loss would leave the agent no time to act.

    Parameters
    ----------
    lines:
        Numbers of the lines that alerts can be raised for, in grid2op's order.
    simulator:
        Tells what the loss of a line leads to; only a `BatchSimulator` also while the line is in
        cooldown.
    """

    def __init__(self, lines: np.ndarray, positions: Positions, simulator: Simulator) -> None:
        self._simulator = simulator
        self._numbers = np.asarray(lines)
        self._losses = []
        for line in lines:
            loss = GridAction.nothing(positions)
            loss.set_line_status[line] = -1
            self._losses.append(loss)
        self._topology: np.ndarray | None = None
        self._looked_at = 0
        self._start = EpisodeStart()
        self._ends_episode = np.zeros(len(self._losses), dtype=bool)

    def lines(self, observation: Any) -> list[int]:
        """The lines that an alert is raised for in this step, as grid2op counts those it can be.

        None of them is out of service: the opponent attacks lines that are in service.

        Parameters
        ----------
        observation:
            Of a grid2op environment with alerts.
        """
        topology, step = np.array(observation.topo_vect), int(observation.current_step)
        if self._start.is_at(observation):
            self._topology = None
            self._ends_episode[:] = False
        is_known = self._topology is not None and np.array_equal(topology, self._topology)
        in_service = np.asarray(observation.line_status)[self._numbers]
        if not is_known or step - self._looked_at >= EVERY:
            self._topology, self._looked_at = topology, step
            asked = np.flatnonzero(in_service).tolist()
            outcomes = self._outcomes(observation, [self._losses[line] for line in asked])
            for line, outcome in zip(asked, outcomes):
                if outcome.legal:  # else it tells of doing nothing: the last answer stays
                    self._ends_episode[line] = outcome.game_over
        return np.flatnonzero(self._ends_episode & in_service).tolist()

    def _outcomes(self, observation: Any, losses: list[GridAction]) -> list[Outcome]:
        """What each loss leads to: an attack waits for no cooldown, as an action does."""
        simulator = self._simulator
        if isinstance(simulator, BatchSimulator):
            state = simulator.state_of(observation)
            if state is not None:
                return simulator.evaluate_state(state.without_cooldowns(), losses)
        return simulator.evaluate(observation, losses)
