"""Networks of a user's own: a torch module that can be run with numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from ..errors import ConfigurationError, NotSupportedError, count
from ..player.plugins import PLUGIN_ERRORS

_ACTIVATIONS = {torch.nn.ReLU: "relu", torch.nn.Tanh: "tanh"}


def make_layers(
    factory: Callable[[int, int], Any], reference: str, n_features: int, n_actions: int, seed: int
) -> list[torch.nn.Module]:
    """Call the factory of a network, and take its layers apart.

    Parameters
    ----------
    factory:
        ``factory(n_features, n_actions)`` gives a torch module.
    reference:
        How the configuration refers to the factory.
    seed:
        Fixes the first weights.

    Returns
    -------
    list
        Linear layers, with one kind of activation between them.

    Raises
    ------
    ConfigurationError
        The factory raises an error, or the sizes differ.
    NotSupportedError
        The network cannot be run with numpy.

    Examples
    --------
    >>> def narrow(n_features, n_actions):
    ...     return torch.nn.Sequential(
    ...         torch.nn.Linear(n_features, 8), torch.nn.Tanh(), torch.nn.Linear(8, n_actions)
    ...     )
    >>> len(make_layers(narrow, "my_networks:narrow", 20, 5, seed=0))
    3
    """
    torch.manual_seed(seed)
    try:
        module = factory(n_features, n_actions)
    except PLUGIN_ERRORS as error:
        raise ConfigurationError(
            f"training.network: {reference} raised {type(error).__name__}: {error}."
        ) from error
    layers = list(_flat(module))
    _require_alternating(layers, reference)
    sizes = layers[0].in_features, layers[-1].out_features
    if sizes != (n_features, n_actions):
        raise ConfigurationError(
            f"training.network: {reference} reads {count(sizes[0], 'feature')} and "
            f"ranks {count(sizes[1], 'action')}, needed are {n_features} and {n_actions}."
        )
    pairs = zip(layers[:-2:2], layers[2::2], strict=True)
    if any(first.out_features != second.in_features for first, second in pairs):
        raise ConfigurationError(f"training.network: the layers of {reference} do not fit.")
    return [layer.float().cpu() for layer in layers]


def activation_of(layers: Sequence[torch.nn.Module]) -> str:
    """Name the activation between layers; of a single layer ``"relu"``, which it does not use."""
    names = [_ACTIVATIONS[type(layer)] for layer in layers if type(layer) in _ACTIVATIONS]
    return names[0] if names else "relu"


def _flat(module: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """The layers of nested sequences."""
    if isinstance(module, torch.nn.Sequential):
        for child in module:
            yield from _flat(child)
    else:
        yield module


def _require_alternating(layers: Sequence[torch.nn.Module], reference: str) -> None:
    kinds = {type(layer) for layer in layers[1::2]}
    if (
        len(layers) % 2
        and all(type(layer) is torch.nn.Linear for layer in layers[::2])
        and len(kinds) <= 1
        and kinds <= set(_ACTIVATIONS)
        and all(layer.bias is not None for layer in layers[::2])
    ):
        return
    names = ", ".join(type(layer).__name__ for layer in layers) or "no layer"
    raise NotSupportedError(
        f"training.network: {reference} has {names}; an agent can carry a torch.nn.Sequential of "
        "Linear layers with a bias, and between them ReLU alone or Tanh alone."
    )
