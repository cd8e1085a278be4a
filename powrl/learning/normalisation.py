"""Running statistics of features and returns, which scale inputs and rewards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.running_mean_std import RunningMeanStd

from ..player.policy.network import normalised

CLIP = 10.0
"""Normalised features and rewards are clipped to ``[-CLIP, CLIP]``."""


@dataclass(frozen=True)
class Normalisation:
    """The statistics of `stable_baselines3.common.vec_env.VecNormalize`, without an environment.

    Attributes
    ----------
    features:
        Mean and variance of each feature.
    returns:
        Mean and variance of the discounted returns, by whose standard deviation rewards are
        divided.
    """

    features: RunningMeanStd
    returns: RunningMeanStd = field(default_factory=lambda: RunningMeanStd(shape=()))

    @classmethod
    def without_experience(cls, n_features: int) -> Normalisation:
        """A normalisation of `n_features` features before any of them was seen."""
        return cls(RunningMeanStd(shape=(n_features,)))

    def inputs(self, features: np.ndarray) -> np.ndarray:
        """Normalise features as the policy does, float32; same shape as `features`."""
        return normalised(features, self.features.mean, self.features.var, CLIP)

    def scale(self) -> float:
        """Return what rewards and returns are divided by."""
        return float(np.sqrt(self.returns.var + 1e-8))

    def state(self) -> dict[str, Any]:
        """Give both statistics, for a checkpoint."""
        return {"features": _statistics(self.features), "returns": _statistics(self.returns)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""
        _restore(self.features, state["features"])
        _restore(self.returns, state["returns"])


def _statistics(running: RunningMeanStd) -> dict[str, Any]:
    return {
        "mean": torch.as_tensor(running.mean),
        "variance": torch.as_tensor(running.var),
        "count": float(running.count),
    }


def _restore(running: RunningMeanStd, state: Mapping[str, Any]) -> None:
    running.mean = state["mean"].numpy()
    running.var = state["variance"].numpy()
    running.count = state["count"]
