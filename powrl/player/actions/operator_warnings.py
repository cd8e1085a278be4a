"""Alarms and alerts, as parts of an action: what an agent tells the operators."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from ..grid.grid2op_objects import Grid2opAction
from .part import Part

SameWarning = TypeVar("SameWarning", bound="_Warning")


class _Warning(Part):
    """Numbers of the areas or lines that operators are warned of; it changes nothing in the grid.

    Shape ``(n,)``, bool, in grid2op's order.
    """

    is_topological = True

    @classmethod
    def of_numbers(cls: type[SameWarning], numbers: list[int], size: int) -> SameWarning:
        """The warning for some of `size` areas or lines."""
        raised = np.zeros(size, dtype=bool)
        raised[numbers] = True
        return cls(raised)

    def to_grid2op(self) -> Any:
        """The numbers."""
        return np.flatnonzero(self.values).tolist()

    @classmethod
    def from_grid2op(cls: type[SameWarning], action: Grid2opAction) -> SameWarning | None:
        """The warnings of a grid2op action."""
        values = getattr(action, cls.key, None)  # grid2op has alerts since 1.9.1
        return cls(np.array(values, dtype=bool)) if np.any(values) else None


class Alarm(_Warning):
    """Areas that an alarm is raised for (``raise_alarm``, ICAPS 2021), shape ``(dim_alarms,)``."""

    key = "raise_alarm"


class Alert(_Warning):
    """Lines that an alert is raised for (``raise_alert``, IDF 2023), shape ``(dim_alerts,)``."""

    key = "raise_alert"
