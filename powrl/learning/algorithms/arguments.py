"""The arguments of a class of stable-baselines3: those of powrl, and those of the user."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

import gymnasium

from ...errors import ConfigurationError, unknown_key

_COLLECTING = (
    *("policy", "env", "_init_setup_model", "verbose", "tensorboard_log", "stats_window_size"),
    *("rollout_buffer_class", "rollout_buffer_kwargs", "use_sde", "sde_sample_freq"),
    *("replay_buffer_class", "replay_buffer_kwargs", "optimize_memory_usage", "n_steps"),
    *("learning_starts", "train_freq", "gradient_steps"),
)
"""Arguments that have no meaning where the experience is given."""


def construct(
    model_class: Callable[..., Any],
    spaces: gymnasium.Env[Any, Any],
    arguments: Mapping[str, Any],
    extra: Mapping[str, Any],
    own: Collection[str],
) -> Any:
    """Construct an algorithm of stable-baselines3.

    Parameters
    ----------
    model_class:
        Its class.
    spaces:
        Any environment with the spaces of the network.
    arguments:
        Arguments that powrl gives.
    extra:
        ``training.algorithm_settings``: further arguments.
    own:
        Keys of `extra` that powrl reads itself, which are no arguments.

    Raises
    ------
    ConfigurationError
        A key of `extra` is unknown, or its value is refused.
    """
    fixed = {*arguments, *_COLLECTING}
    parameters = inspect.signature(model_class).parameters
    free = [*own, *(name for name in parameters if name not in fixed and name not in own)]
    for name in extra:
        if name not in free:
            raise ConfigurationError(f"training.algorithm_settings.{unknown_key(name, free)}.")
    further = {name: value for name, value in extra.items() if name not in own}
    try:
        return model_class("MlpPolicy", spaces, **arguments, **further)
    except (TypeError, ValueError, AssertionError) as error:
        raise ConfigurationError(
            f"training.algorithm_settings: {model_class.__name__} refuses them ({error})."
        ) from error
