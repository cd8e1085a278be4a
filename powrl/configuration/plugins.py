"""The check of the plug-ins that a configuration names: importable, and of the right shape."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from ..errors import ConfigurationError, NotSupportedError, PowrlError
from ..player.plugins import PLUGIN_ERRORS, is_plugin
from ..player.rules.plugin_rules import load_rules
from .sections import Configuration

CALLBACK_METHODS = ("on_start", "on_row", "on_end")
ALGORITHM_METHODS = (
    *("learn", "imitate", "start_from", "policy", "exploration"),
    *("state", "restore", "log_to", "log_start", "record", "close"),
)
"""Methods of `powrl.learning.algorithms.base.Algorithm`, a subclass of which inherits most."""
OPPONENT_METHODS = ("next", "copy")
"""Methods of `powrl.engines.fast.opponent.Opponent`."""


def require_plugins(configuration: Configuration) -> None:
    """Refuse a configuration with a plug-in that cannot be used.

    Raises
    ------
    ConfigurationError
        A plug-in cannot be imported, has another shape, or raises as it is constructed. The
        message begins with the key that names it.
    NotSupportedError
        The engine does not play an opponent of the user.
    """
    training = configuration.training
    for group in filter(is_plugin, configuration.observation):
        _check(configuration, "observation", group, _require_feature)
    try:
        load_rules(configuration.overload.plugins, configuration.plugin_folders())
    except PowrlError as error:
        raise ConfigurationError(f"overload: {error}") from error
    if configuration.reward.function is not None:
        _check(configuration, "reward.function", configuration.reward.function, _require_reward)
    if is_plugin(training.algorithm):
        _check(configuration, "training.algorithm", training.algorithm, _require_algorithm)
    if training.network is not None:
        _check(configuration, "training.network", training.network, _require_network)
    if training.opponent is not None:
        if configuration.engine != "fast":
            raise NotSupportedError(
                f"training.opponent: the engine {configuration.engine} plays the opponents of "
                "grid2op alone; set engine: fast."
            )
        _check(configuration, "training.opponent", training.opponent, _require_opponent)
    for callback in training.callbacks:
        _check(configuration, "training.callbacks", callback, _require_callback)


def _check(
    configuration: Configuration, key: str, reference: str, require: Callable[[object], None]
) -> None:
    try:
        require(configuration.load_plugin(reference))
    except PowrlError as error:
        raise ConfigurationError(f"{key}: {error}") from error
    except ValueError as error:
        raise ConfigurationError(f"{key}: {reference} {error}.") from error


def _require_feature(plugin: object) -> None:
    _require_function(plugin, ("observation",))


def _require_reward(plugin: object) -> None:
    _require_function(plugin, ("observation", "game_over", "survived"))


def _require_network(plugin: object) -> None:
    _require_function(plugin, ("n_features", "n_actions"))


def _require_function(plugin: object, parameters: tuple[str, ...]) -> None:
    needed = f"has to be a function of ({', '.join(parameters)})"
    if isinstance(plugin, type) or not callable(plugin):
        raise ValueError(needed)
    try:
        inspect.signature(plugin).bind(*parameters)
    except TypeError as error:
        raise ValueError(f"{needed}: {error}") from error
    except ValueError:  # of a function in C, whose parameters nobody knows
        return


def _require_methods(plugin: object, names: tuple[str, ...], advice: str = "") -> None:
    if not isinstance(plugin, type):
        raise ValueError("has to be a class")
    lacking = [name for name in names if not callable(getattr(plugin, name, None))]
    if lacking:
        raise ValueError(f"lacks the methods {', '.join(lacking)}{advice}")


def _require_opponent(plugin: object) -> None:
    _require_methods(plugin, OPPONENT_METHODS)


def _require_algorithm(plugin: object) -> None:
    advice = "; derive it from powrl.learning.algorithms.base.Algorithm, which has them"
    _require_methods(plugin, ALGORITHM_METHODS, advice)
    unfilled = getattr(plugin, "__abstractmethods__", ())
    if unfilled:
        raise ValueError(f"lacks the methods {', '.join(sorted(unfilled))}")


def _require_callback(plugin: object) -> None:
    if not isinstance(plugin, type):
        _require_function(plugin, ("row",))
        return
    if not any(callable(getattr(plugin, name, None)) for name in CALLBACK_METHODS):
        raise ValueError(f"has to have one or more of the methods {', '.join(CALLBACK_METHODS)}")
    try:
        plugin()
    except PLUGIN_ERRORS as error:
        raise ValueError(f"raises {type(error).__name__} as it is constructed: {error}") from error
