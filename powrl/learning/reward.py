"""The reward of one grid step."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..configuration.learning_sections import RewardSettings
from ..configuration.sections import Configuration
from ..errors import PowrlError
from ..player.grid.observation import Observation
from ..player.grid.reductions import highest
from ..player.plugins import plugin_called

Reward = Callable[[Observation, bool, bool], float]
"""``reward(observation, game_over, survived)`` after a grid step."""


def make_reward(configuration: Configuration) -> Reward:
    """Make the reward of a configuration: a function of the user, or `MarginReward`.

    Raises
    ------
    PowrlError
        The function cannot be imported.
    """
    reference = configuration.reward.function
    if reference is None:
        return MarginReward(configuration.reward)
    return _PluginReward(reference, configuration.load_plugin(reference))


class MarginReward:
    """The margin of the most loaded line, with a penalty for a game over and a prize at the end.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> reward = MarginReward(RewardSettings())
    >>> reward(SimpleNamespace(rho=np.array([0.25, 0.5])), game_over=False, survived=False)
    1.5
    """

    def __init__(self, settings: RewardSettings) -> None:
        self._settings = settings

    def __call__(self, observation: Observation, game_over: bool, survived: bool) -> float:
        """Reward a grid step by the observation after it."""
        if game_over:
            return self._settings.game_over
        load = float(highest(observation.rho))
        margin = 2 - load if load < self._settings.limit else 2 - 2 * load
        return margin + (self._settings.survived if survived else 0.0)


class _PluginReward:
    """A function of the user, whose results are checked."""

    def __init__(self, reference: str, function: Callable[..., object]) -> None:
        self._reference = reference
        self._function = function

    def __call__(self, observation: Observation, game_over: bool, survived: bool) -> float:
        with plugin_called(f"the reward {self._reference}"):
            value = float(self._function(observation, game_over, survived))  # type: ignore[arg-type]
        if not math.isfinite(value):
            raise PowrlError(f"the reward {self._reference} returned {value}, no finite number.")
        return value
