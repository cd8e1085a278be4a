"""Advantage actor-critic (stable-baselines3), without masks."""

from __future__ import annotations

from stable_baselines3 import A2C

from ..exploration import Exploration
from .actor_critic import ActorCritic


class A2CAlgorithm(ActorCritic):
    """One step of gradient descent per rollout (Mnih et al. 2016).

    Few episodes per rollout (``training.episodes``) give it more steps. A rollout draws among all
    actions; where an illegal one is drawn, nothing is done.
    """

    model_class = A2C

    def exploration(self) -> Exploration:
        """Draw among all actions, legal or not."""
        return Exploration(masked=False)
