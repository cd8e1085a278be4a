"""Costs of an episode, the operation score that follows from them, and the points that they lose.

The formula is that of ``grid2op.utils.ScoreL2RPN2020``, in the same precision, so that a score can
be computed again without play, in other units of the operation cost, to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import ConfigDict, Field

from ..editions.editions import CostUnits

Cost = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class OperationCosts:
    """Operation costs in one unit, each the float32 sum that the score class computes.

    Attributes
    ----------
    agent, idle:
        Costs of the agent and of doing nothing in the steps that each survives.
    reference:
        Cost of reconnecting lines in a grid without protections, over the whole scenario.
    reference_meanwhile:
        The same over the steps that the agent survives.
    """

    agent: Cost
    idle: Cost
    reference: Cost
    reference_meanwhile: Cost


@dataclass(frozen=True)
class LostPoints:
    """What an episode lacks to the score of its reference, which is 80 as a rule.

    Attributes
    ----------
    blackout:
        Points that the blackout costs an agent which operates as cheaply as the reference until
        then.
    operation:
        Points that the agent's operation costs beside the reference's. Negative: it is cheaper.
    """

    blackout: float
    operation: float


@dataclass(frozen=True)
class EpisodeCosts:
    """All costs that the operation score of an episode follows from.

    Attributes
    ----------
    operation:
        `CostUnits` by value -> operation costs.
    blackout, idle_blackout:
        Cost of the load that the agent, and doing nothing, do not supply after their blackouts.
    total_blackout:
        Cost of a blackout from the start.
    storage:
        Whether the grid has storage units, whose use the score classes price differently.

    Examples
    --------
    >>> operation = OperationCosts(agent=30.0, idle=5.0, reference=20.0, reference_meanwhile=10.0)
    >>> costs = EpisodeCosts({"now": operation}, 50.0, 95.0, 200.0, storage=False)
    >>> costs.score(CostUnits.NOW)
    20.0
    >>> costs.lost(CostUnits.NOW)
    LostPoints(blackout=40.0, operation=20.0)
    """

    __pydantic_config__: ClassVar[ConfigDict] = {"strict": True, "extra": "forbid"}

    operation: Mapping[str, OperationCosts]
    blackout: Cost
    idle_blackout: Cost
    total_blackout: Cost
    storage: bool

    def score(self, units: CostUnits) -> float:
        """The operation score, at most 100."""
        return self._points(units, self.operation[units.value].agent, self.blackout)

    def lost(self, units: CostUnits) -> LostPoints:
        """The points that the blackout and the operation cost, to the reference's score.

        Both together are the difference of the two scores.
        """
        costs = self.operation[units.value]
        cheap = self._points(units, costs.reference_meanwhile, self.blackout)
        return LostPoints(
            blackout=self._points(units, costs.reference, 0.0) - cheap,
            operation=cheap - self.score(units),
        )

    def _points(self, units: CostUnits, operation: float, blackout: float) -> float:
        """The score of a cost; the class adds in float32, and interpolates in float64."""
        costs = self.operation[units.value]
        cost = np.float32(operation) + np.float32(blackout)
        idle = np.float32(costs.idle) + np.float32(self.idle_blackout)
        reference = np.float32(costs.reference)
        worst = self.total_blackout
        # 100 points are for 0.8 of the losses, which the class computes as load minus load
        if idle == reference:
            return float(np.interp(cost, np.array([0.0, idle, worst]), [100.0, 0.0, -100.0]))
        ranges = np.array([0.0, reference, idle, worst])
        return float(np.interp(cost, ranges, [100.0, 80.0, 0.0, -100.0]))
