"""An algorithm: it ranks actions by their average reward, whatever the state is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from powrl.configuration.training_section import TrainingSettings
from powrl.learning.algorithms.base import Algorithm
from powrl.learning.exploration import Exploration
from powrl.learning.rollout import Trajectory
from powrl.player.policy.network import Policy


class Bandit(Algorithm):
    """Plays what was best on average, and at times another action.

    ``training.algorithm_settings: {epsilon: 0.2}`` is the share of other actions.
    """

    def __init__(self, spaces: gymnasium.Env[Any, Any], settings: TrainingSettings) -> None:
        assert spaces.observation_space.shape is not None
        self._n_features = spaces.observation_space.shape[0]
        n_actions = int(spaces.action_space.n)
        self._epsilon = float(settings.algorithm_settings.get("epsilon", 0.2))
        self._total, self._times = np.zeros(n_actions), np.zeros(n_actions)

    def exploration(self) -> Exploration:
        """Draw the best action, or at times any other."""
        return Exploration(epsilon=self._epsilon)

    def learn(self, trajectories: Sequence[Trajectory], seed: int) -> None:
        """Add the rewards of a rollout."""
        del seed  # nothing is drawn
        for trajectory in trajectories:
            np.add.at(self._total, trajectory.actions, trajectory.rewards)
            np.add.at(self._times, trajectory.actions, 1)
            self.timesteps += len(trajectory)

    def policy(self) -> Policy:
        """Rank by the average reward: a network of one layer, whose weights are zero."""
        average = self._total / np.maximum(self._times, 1)
        return Policy(
            mean=np.zeros(self._n_features),
            variance=np.ones(self._n_features),
            clip=10.0,
            activation="relu",
            weights=(np.zeros((self._n_features, len(average)), dtype=np.float32),),
            biases=(average.astype(np.float32),),
        )

    def state(self) -> dict[str, Any]:
        """Give what a checkpoint holds."""
        return {"timesteps": self.timesteps, "total": self._total, "times": self._times}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take it up again; arrays come back as tensors."""
        self.timesteps = int(state["timesteps"])
        self._total, self._times = np.array(state["total"]), np.array(state["times"])
