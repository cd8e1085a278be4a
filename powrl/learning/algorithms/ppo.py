"""Proximal policy optimisation (stable-baselines3), without masks."""

from __future__ import annotations

from typing import Any

from stable_baselines3 import PPO

from ...configuration.training_section import TrainingSettings
from ..exploration import Exploration
from .actor_critic import ActorCritic


class PPOAlgorithm(ActorCritic):
    """PPO that does not know which actions are legal (Schulman et al. 2017).

    A rollout draws among all actions; where an illegal one is drawn, nothing is done.
    """

    model_class = PPO

    def _arguments(self) -> dict[str, Any]:
        return {**super()._arguments(), **clipping(self._settings)}

    def exploration(self) -> Exploration:
        """Draw among all actions, legal or not."""
        return Exploration(masked=False)


def clipping(settings: TrainingSettings) -> dict[str, Any]:
    """Arguments of an algorithm that passes over a rollout several times, clipping its ratios."""
    return {
        "batch_size": settings.batch_size,
        "n_epochs": settings.n_epochs,
        "clip_range": settings.clip_range,
    }
