"""Running statistics of features and returns, by which the network's inputs and targets scale."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from stable_baselines3.common.running_mean_std import RunningMeanStd

from ..player.policy.network import normalised

CLIP = 10.0
"""Normalised features and rewards are clipped to ``[-CLIP, CLIP]``."""


@dataclass(frozen=True)
class Normalisation:
    """What `stable_baselines3.common.vec_env.VecNormalize` keeps, without an environment.

    Attributes
    ----------
    features:
        Mean and variance of each feature.
    returns:
        Of the discounted returns; rewards are divided by their standard deviation.
    """

    features: RunningMeanStd
    returns: RunningMeanStd = field(default_factory=lambda: RunningMeanStd(shape=()))

    @classmethod
    def of(cls, n_features: int) -> Normalisation:
        """Without any experience."""
        return cls(RunningMeanStd(shape=(n_features,)))

    def inputs(self, features: np.ndarray) -> np.ndarray:
        """Normalised features, float32, as the policy has them; same shape as `features`."""
        return normalised(features, self.features.mean, self.features.var, CLIP)

    @property
    def scale(self) -> float:
        """Of rewards and returns."""
        return float(np.sqrt(self.returns.var + 1e-8))
