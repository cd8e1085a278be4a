"""The rule that raises alarms to the operators, in environments that have them (ICAPS 2021)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from ..actions.operator_warnings import Alarm
from ..errors import NotSupportedError
from ..grid.grid import Grid
from ..lookahead.outcome import Simulator
from .decision import Decision
from .rule import Phase, Rule, Unavailable
from .setting import RuleSettings, setting
from .situation import Situation

ATTENTION_COST = 1.0
"""Of the operators' attention, that an alarm takes (``grid2op.operator_attention``)."""

MIN_STEPS_BETWEEN_ALARMS = 5
"""A game over counts as foreseen by an alarm 2 to 12 steps ahead of it, and most by one 7 ahead."""

ALARM_RHO = 1.1
"""A decision that leaves so much is often the beginning of the end; there are few alarms."""


class _AlarmMemory:
    """When the last alarm was raised."""

    step = -MIN_STEPS_BETWEEN_ALARMS


class OverloadAlarm(Rule):
    """Raises an alarm where an overload stays heavy, for the area with the most overload.

    An alarm for several areas says less, and scores less.
    """

    name = "alarm"
    phase = Phase.WARNING

    @dataclass(frozen=True)
    class Settings(RuleSettings):
        """Whether alarms are raised.

        Attributes
        ----------
        alarm:
            Whether an alarm is raised on heavy overloads that nothing ends. Only where the
            environment has alarms.
        """

        alarm: bool = setting(False)

        @property
        def is_on(self) -> bool:
            """Whether the rule has a part in decisions."""
            return self.alarm

    @classmethod
    def create(cls, grid: Grid, simulator: Simulator, settings: RuleSettings) -> Rule | Unavailable:
        """The rule, in an environment that has alarms.

        Raises
        ------
        NotSupportedError
            It has none.
        """
        if not grid.alarm_areas:
            raise NotSupportedError(
                "the agent raises alarms, which this environment does not have; set "
                "overload.alarm to false."
            )
        return cls(grid, simulator, settings)

    def apply(self, situation: Situation, decision: Decision) -> Decision:
        """The decision with an alarm, or as it is in most steps."""
        memory, step = situation.memory.part(_AlarmMemory), situation.observation.current_step
        over = np.maximum(np.asarray(situation.observation.rho) - 1, 0)
        is_light = decision.outcome is not None and decision.outcome.max_rho < ALARM_RHO
        if not over.any() or is_light or step < memory.step + MIN_STEPS_BETWEEN_ALARMS:
            return decision
        if cast(Any, situation.observation).attention_budget[0] < ATTENTION_COST:
            return decision
        memory.step = int(step)
        areas = self.grid.alarm_areas
        worst = int(np.argmax([over[list(lines)].sum() for lines in areas]))
        return replace(decision, action=decision.action.plus(Alarm.of_numbers([worst], len(areas))))
