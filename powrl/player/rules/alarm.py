"""Alarms to the operators, of environments that have them (ICAPS 2021)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .decision import Decision
from .episode_start import EpisodeStart

COST = 1.0
"""Of the operators' attention, that an alarm takes (``grid2op.operator_attention``)."""

APART = 8
"""Steps: a game over has counted as foreseen when the alarm came 2 to 12 steps ahead of it."""


class Alarms:
    """Raises an alarm where the agent cannot end an overload."""

    def __init__(self) -> None:
        self._raised_at = -APART
        self._start = EpisodeStart()

    def area(self, observation: Any, decision: Decision) -> int | None:
        """Number of the area that an alarm is raised for in this step; None for most steps.

        It is the one with the most overload: an alarm for several says less, and scores less.

        Parameters
        ----------
        observation:
            Of a grid2op environment with alarms.
        decision:
            What the agent does: where its simulated outcome leaves no overload, all is well.
        """
        step = int(observation.current_step)
        if self._start.is_at(observation):
            self._raised_at = -APART
        over = np.maximum(np.asarray(observation.rho) - 1, 0)
        outcome = decision.outcome
        is_ended = outcome is not None and outcome.max_rho < 1
        has_attention = observation.attention_budget[0] >= COST
        if not over.any() or is_ended or not has_attention or step < self._raised_at + APART:
            return None
        self._raised_at = step
        in_area = dict.fromkeys(observation.alarms_area_names, 0.0)
        for line in np.flatnonzero(over):
            for area in observation.alarms_lines_area[observation.name_line[line]]:
                in_area[area] += over[line]
        return list(in_area).index(max(in_area, key=in_area.__getitem__))
