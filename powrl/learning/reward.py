"""The reward of one grid step."""

from __future__ import annotations

import numpy as np

from ..configuration.sections import RewardSettings


def step_reward(
    settings: RewardSettings, rho: np.ndarray, game_over: bool, survived: bool
) -> float:
    """Reward the margin of the most loaded line; punish a game over, reward a survived scenario.

    Parameters
    ----------
    rho:
        Load of each line after the step, share of its thermal limit, shape ``(n_line,)``.
    """
    if game_over:
        return settings.game_over
    highest = float(rho.max())
    margin = 2 - highest if highest < settings.limit else 2 - 2 * highest
    return margin + (settings.survived if survived else 0.0)
