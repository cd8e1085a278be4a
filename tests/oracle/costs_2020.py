"""grid2op's score class with the operation costs that it had in 2020, before version 1.7."""

from __future__ import annotations

from typing import Any

import grid2op.utils
from grid2op.Reward import L2RPNSandBoxScore

from powrl.player.grid.grid2op_objects import Environment


class StepCost2020(L2RPNSandBoxScore):
    """The operation cost of a step as it was before grid2op 1.7: twelvefold at five minutes."""

    def __call__(
        self,
        action: Any,
        env: Any,
        has_error: bool,
        is_done: bool,
        is_illegal: bool,
        is_ambiguous: bool,
    ) -> Any:
        """The cost (``grid2op.Reward.BaseReward``)."""
        cost = super().__call__(action, env, has_error, is_done, is_illegal, is_ambiguous)
        return cost if has_error else cost / self.env_dt_over_3600


class ScoreInUnitsOf2020(grid2op.utils.ScoreL2RPN2020):
    """``grid2op.utils.ScoreL2RPN2020`` with the costs that it had in 2020."""

    def __init__(self, environment: Environment, **options: Any) -> None:
        super().__init__(environment, scores_func=StepCost2020, **options)
