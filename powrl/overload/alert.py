"""Alerts for lines whose loss ends the episode, of environments that have them (IDF 2023)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..grid.action import GridAction
from ..grid.positions import Positions
from ..simulation.outcome import Simulator
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
        Tells what the loss of a line leads to.
    """

    def __init__(self, lines: np.ndarray, positions: Positions, simulator: Simulator) -> None:
        self._simulator = simulator
        self._losses = []
        for line in lines:
            loss = GridAction.nothing(positions)
            loss.set_line_status[line] = -1
            self._losses.append(loss)
        self._topology: np.ndarray | None = None
        self._looked_at = 0
        self._start = EpisodeStart()
        self._lines: list[int] = []

    def lines(self, observation: Any) -> list[int]:
        """The lines that an alert is raised for in this step, as grid2op counts those it can be.

        Parameters
        ----------
        observation:
            Of a grid2op environment with alerts.
        """
        topology, step = np.array(observation.topo_vect), int(observation.current_step)
        is_known = self._topology is not None and np.array_equal(topology, self._topology)
        is_known &= not self._start.is_at(observation)
        if not is_known or step - self._looked_at >= EVERY:
            self._topology, self._looked_at = topology, step
            outcomes = self._simulator.evaluate(observation, self._losses)
            self._lines = [line for line, outcome in enumerate(outcomes) if outcome.game_over]
        return list(self._lines)
