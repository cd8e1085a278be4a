"""From a trained model to the arrays that run without torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..player.policy.network import Policy
from .normalisation import CLIP, Normalisation


def export_policy(model: Any, normalisation: Normalisation, activation: str) -> Policy:
    """The actor of a (Maskable)PPO model with an MLP policy, and its input normalisation."""
    actor = model.policy
    layers = [*actor.mlp_extractor.policy_net, actor.action_net]
    linear = [layer for layer in layers if hasattr(layer, "weight")]
    statistics = normalisation.features
    return Policy(
        mean=np.array(statistics.mean),
        variance=np.array(statistics.var),
        clip=CLIP,
        activation=activation,
        weights=tuple(layer.weight.detach().numpy().T.copy() for layer in linear),
        biases=tuple(layer.bias.detach().numpy().copy() for layer in linear),
    )
