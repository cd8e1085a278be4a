"""The algorithm of a configuration."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from ...configuration.sections import Configuration
from ...configuration.training_section import ALGORITHMS
from ...errors import ConfigurationError, PowrlError, count
from ...player.plugins import PLUGIN_ERRORS, is_plugin, load_plugin
from ...player.policy.network import Policy
from ..networks import make_layers
from .base import Algorithm
from .guarded import GuardedAlgorithm


class Spaces(gymnasium.Env[np.ndarray, np.int64]):
    """The sizes that a network is made for, as the spaces of an environment without episodes.

    Examples
    --------
    >>> Spaces(20, 5).action_space.n
    5
    """

    def __init__(self, n_features: int, n_actions: int) -> None:
        self.observation_space = spaces.Box(-np.inf, np.inf, (n_features,), np.float32)
        self.action_space = spaces.Discrete(n_actions)


def make_algorithm(configuration: Configuration, n_features: int, n_actions: int) -> Algorithm:
    """Make the algorithm that a configuration names, with an untrained network.

    Parameters
    ----------
    n_features:
        Size of the feature vector.
    n_actions:
        Number of actions, do nothing included.

    Raises
    ------
    PowrlError
        The algorithm cannot be imported or constructed, its settings are wrong, its policy cannot
        play, it does not imitate where it should, or the network cannot be used.
    """
    settings = configuration.training
    if settings.algorithm in ALGORITHMS:
        algorithm_class = load_plugin(ALGORITHMS[settings.algorithm])
    else:
        algorithm_class = configuration.load_plugin(settings.algorithm)
    options: dict[str, Any] = {}
    if settings.network is not None:
        factory = configuration.load_plugin(settings.network)
        options["network"] = make_layers(
            factory, settings.network, n_features, n_actions, settings.seed
        )
    try:
        algorithm = algorithm_class(Spaces(n_features, n_actions), settings, **options)
    except PowrlError:
        raise
    except PLUGIN_ERRORS as error:
        raise ConfigurationError(
            f"training.algorithm: {settings.algorithm} raises {type(error).__name__} as it is "
            f"constructed: {error}."
        ) from error
    _require_policy(algorithm, settings.algorithm, n_features, n_actions)
    imitates = algorithm_class.imitate is not Algorithm.imitate
    if configuration.imitation.episodes and not imitates:
        raise ConfigurationError(
            f"training.algorithm: {settings.algorithm} cannot imitate; set imitation.episodes: 0."
        )
    if is_plugin(settings.algorithm):
        algorithm = GuardedAlgorithm(algorithm, settings.algorithm)
    return algorithm  # type: ignore[no-any-return]


def _require_policy(algorithm: object, name: str, n_features: int, n_actions: int) -> None:
    """Refuse an algorithm that does not count, or whose policy cannot play."""
    if not isinstance(getattr(algorithm, "timesteps", None), int):
        raise ConfigurationError(
            f"training.algorithm: {name} has no number of timesteps; count the decisions there."
        )
    try:
        policy = algorithm.policy()  # type: ignore[attr-defined]
    except PLUGIN_ERRORS as error:
        raise ConfigurationError(
            f"training.algorithm: the policy of {name} raised {type(error).__name__}: {error}."
        ) from error
    if not isinstance(policy, Policy):
        raise ConfigurationError(
            f"training.algorithm: {name} gives {type(policy).__name__} as its policy; return a "
            "powrl.player.policy.network.Policy."
        )
    if (policy.n_features, policy.n_actions) != (n_features, n_actions):
        raise ConfigurationError(
            f"training.algorithm: the policy of {name} reads "
            f"{count(policy.n_features, 'feature')} and ranks {count(policy.n_actions, 'action')}, "
            f"needed are {n_features} and {n_actions}."
        )
