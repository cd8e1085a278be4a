"""From torch's layers to the arrays that run without torch, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..errors import ConfigurationError
from ..player.policy.network import Policy
from .networks import activation_of
from .normalisation import CLIP, Normalisation

TRUST = 100_000.0
"""Decisions for which the statistics of an earlier training count when another goes on with it."""


def export_policy(layers: Sequence[torch.nn.Module], normalisation: Normalisation) -> Policy:
    """Make a policy of linear layers and the activations between them, and the normalisation."""
    linear = _linear(layers)
    statistics = normalisation.features
    return Policy(
        mean=np.array(statistics.mean),
        variance=np.array(statistics.var),
        clip=CLIP,
        activation=activation_of(layers),
        weights=tuple(layer.weight.detach().numpy().T.copy() for layer in linear),
        biases=tuple(layer.bias.detach().numpy().copy() for layer in linear),
    )


def import_policy(
    policy: Policy, layers: Sequence[torch.nn.Module], normalisation: Normalisation
) -> None:
    """Put the weights and the statistics of a policy into layers and a normalisation.

    Raises
    ------
    ConfigurationError
        The layers or their activation differ.
    """
    linear = _linear(layers)
    before = [policy.n_features, *(len(bias) for bias in policy.biases)]
    now = [linear[0].in_features, *(layer.out_features for layer in linear)]
    if before != now or policy.activation != activation_of(layers):
        raise ConfigurationError(
            f"the agent to start from has layers of {before} units with {policy.activation}, the "
            f"configuration of {now} with {activation_of(layers)}; set training.layers "
            "and training.activation alike."
        )
    with torch.no_grad():
        for layer, weight, bias in zip(linear, policy.weights, policy.biases, strict=True):
            layer.weight.copy_(torch.as_tensor(weight.T))
            layer.bias.copy_(torch.as_tensor(bias))
    normalisation.features.mean = np.array(policy.mean, dtype=np.float64)
    normalisation.features.var = np.array(policy.variance, dtype=np.float64)
    normalisation.features.count = TRUST


def _linear(layers: Sequence[torch.nn.Module]) -> list[torch.nn.Linear]:
    return [layer for layer in layers if isinstance(layer, torch.nn.Linear)]
