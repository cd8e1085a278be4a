"""What the algorithms with a policy and a value function share: advantages of whole episodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.utils import set_random_seed

from ..normalisation import CLIP
from ..returns import decision_advantages
from ..rollout import Trajectory
from .stable_baselines import StableBaselinesAlgorithm


class ActorCritic(StableBaselinesAlgorithm):
    """An algorithm of stable-baselines3 with an actor and a critic."""

    buffer_class: ClassVar[Any] = RolloutBuffer
    """Holds the decisions of a rollout."""

    def _arguments(self) -> dict[str, Any]:
        return {
            "n_steps": self._settings.batch_size,  # of the buffer that `learn` replaces
            "gae_lambda": self._settings.gae_lambda,
            "ent_coef": self._settings.entropy_coefficient,
            # `learn` does, over the rollout: a minibatch may hold one decision
            "normalize_advantage": False,
            "policy_kwargs": self._network_arguments(),
        }

    def layers(self) -> list[torch.nn.Module]:
        """The layers of the actor, in order."""
        actor = self._model.policy
        return [*actor.mlp_extractor.policy_net, actor.action_net]

    def _use_layers(self, layers: Sequence[torch.nn.Module]) -> None:
        actor = self._model.policy
        actor.mlp_extractor.policy_net = torch.nn.Sequential(*layers[:-1])
        actor.action_net = layers[-1]

    def evaluate(
        self, inputs: torch.Tensor, legal: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Preferences of the actor, and values of the critic."""
        del legal  # the value of a state does not depend on it
        network = self._model.policy
        for_policy, for_value = network.mlp_extractor(network.extract_features(inputs))
        return network.action_net(for_policy), network.value_net(for_value).flatten()

    def learn(self, trajectories: Sequence[Trajectory], seed: int) -> None:
        """Update the network from a rollout; one without a decision teaches nothing."""
        played = [trajectory for trajectory in trajectories if len(trajectory)]
        if not played:
            return
        self._update_returns(played)
        self._model.rollout_buffer = self._buffer(played)
        self._count(self._model.rollout_buffer.buffer_size)
        set_random_seed(seed)
        self._model.train()
        # only now: the actions were drawn with the statistics so far
        features = np.concatenate([trajectory.features for trajectory in played])
        self._normalisation.features.update(features)

    def _evaluated(
        self, inputs: np.ndarray, actions: np.ndarray, masks: np.ndarray
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Values of the states, and log probabilities of the actions."""
        del masks  # which an algorithm without masks does not know
        values, log_probs, _ = self._model.policy.evaluate_actions(
            torch.as_tensor(inputs), torch.as_tensor(actions)
        )
        return values, log_probs

    def _buffer(self, played: Sequence[Trajectory]) -> Any:
        """The decisions with their advantages and returns, one after the other."""
        inputs = self._normalisation.inputs(np.concatenate([part.features for part in played]))
        actions = np.concatenate([part.actions for part in played])
        masks = np.concatenate([part.masks for part in played])
        with torch.no_grad():
            values, log_probs = self._evaluated(inputs, actions, masks)
        rewards = np.concatenate([part.rewards for part in played]) / self._normalisation.scale()
        passed = np.concatenate([part.passed for part in played])
        ended = np.zeros(len(actions), dtype=bool)
        ended[np.cumsum([len(part) for part in played]) - 1] = True
        predicted = values.numpy().reshape(-1, 1)
        advantages = decision_advantages(
            np.clip(rewards, -CLIP, CLIP)[:, None],
            predicted,
            np.zeros(1, dtype=np.float32),
            np.power(self._settings.gamma, passed).astype(np.float32)[:, None],
            ended[:, None],
            self._settings.gae_lambda,
        )
        spaces = (self._model.observation_space, self._model.action_space)
        buffer = self.buffer_class(len(actions), *spaces, "cpu")
        buffer.observations[:, 0] = inputs
        buffer.actions[:, 0, 0] = actions
        buffer.values[:] = predicted
        buffer.log_probs[:, 0] = log_probs.numpy()
        buffer.returns[:] = advantages + predicted
        buffer.advantages[:] = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        self._fill_masks(buffer, masks)
        buffer.full = True
        return buffer

    def _fill_masks(self, buffer: RolloutBuffer, masks: np.ndarray) -> None:
        """Put the legal actions into the buffer, where it holds them."""
