"""Deep Q-learning (the networks of stable-baselines3) on masked actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.utils import polyak_update

from ..exploration import Exploration
from ..normalisation import CLIP
from ..rollout import Trajectory
from .replay import ReplayMemory
from .stable_baselines import StableBaselinesAlgorithm


class DQNAlgorithm(StableBaselinesAlgorithm):
    """The values of actions, learned from a memory of past episodes (Mnih et al. 2015).

    Explores among the legal actions, and expects the best legal action from the next decision,
    whose value it discounts once per grid step until then. ``training.n_epochs`` passes over as
    many decisions as a rollout has follow each rollout.
    """

    model_class = DQN
    own_settings: ClassVar[Mapping[str, Any]] = {
        "buffer_size": 20_000,
        "target_update_interval": 200,
        "tau": 1.0,
    }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._memory = ReplayMemory(int(self._extra["buffer_size"]))

    def _arguments(self) -> dict[str, Any]:
        network = {**self._network_arguments(), "net_arch": list(self._settings.layers)}
        # the buffer of stable-baselines3 stays empty
        return {"buffer_size": 1, "batch_size": self._settings.batch_size, "policy_kwargs": network}

    def layers(self) -> list[torch.nn.Module]:
        """The layers of the network of values, in order."""
        return list(self._model.q_net.q_net)

    def _use_layers(self, layers: Sequence[torch.nn.Module]) -> None:
        self._model.q_net.q_net = torch.nn.Sequential(*layers)
        self._model.q_net_target.q_net = deepcopy(self._model.q_net.q_net)

    def evaluate(
        self, inputs: torch.Tensor, legal: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Values of the actions, which stand for preferences, too, and of the best legal one."""
        values = self._model.q_net(inputs)
        possible = values if legal is None else values.where(legal, -torch.inf)
        return values, possible.max(dim=1).values

    def exploration(self) -> Exploration:
        """Draw the best legal action, or at times any legal one."""
        remaining = max(0.0, 1 - self.timesteps / self._settings.timesteps)
        return Exploration(epsilon=float(self._model.exploration_schedule(remaining)))

    def learn(self, trajectories: Sequence[Trajectory], seed: int) -> None:
        """Learn from the episodes of a rollout and from those before it."""
        played = [trajectory for trajectory in trajectories if len(trajectory)]
        if not played:
            return
        self._update_returns(played)
        features = np.concatenate([trajectory.features for trajectory in played])
        self._normalisation.features.update(features)
        self._memory.add(played)
        self._count(len(features))
        random = np.random.default_rng(seed)
        self._model.policy.set_training_mode(True)
        self._model._update_learning_rate(self._model.policy.optimizer)
        steps = self._settings.n_epochs * -(-len(features) // self._settings.batch_size)
        losses = [self._update(random) for _ in range(steps)]
        self._model.policy.set_training_mode(False)
        self._model.logger.record("train/loss", float(np.mean(losses)))

    def state(self) -> dict[str, Any]:
        """Give all that a checkpoint has to hold, the memory included."""
        return {**super().state(), "memory": self._memory.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `state` gave."""
        super().restore(state)
        self._memory.restore(state["memory"])

    def _weights_replaced(self) -> None:
        self._model.q_net_target.load_state_dict(self._model.q_net.state_dict())

    def _update(self, random: np.random.Generator) -> float:
        """Make one step of gradient descent; returns the loss before it."""
        sample = self._memory.sample(self._settings.batch_size, random)
        rewards = np.clip(sample.rewards / self._normalisation.scale(), -CLIP, CLIP)
        discounts = np.where(sample.ended, 0.0, self._settings.gamma**sample.passed)
        with torch.no_grad():
            after = torch.as_tensor(self._normalisation.inputs(sample.next_features))
            values = self._model.q_net_target(after)
            best = values.where(torch.as_tensor(sample.next_masks), -torch.inf).max(dim=1).values
        target = torch.as_tensor(rewards) + torch.as_tensor(discounts).float() * best
        now = torch.as_tensor(self._normalisation.inputs(sample.features))
        predicted = self._model.q_net(now).gather(1, torch.as_tensor(sample.actions)[:, None])
        loss = torch.nn.functional.smooth_l1_loss(predicted[:, 0], target.float())
        policy = self._model.policy
        policy.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), self._model.max_grad_norm)
        policy.optimizer.step()
        self._model._n_updates += 1
        if self._model._n_updates % int(self._extra["target_update_interval"]) == 0:
            networks = (self._model.q_net, self._model.q_net_target)
            polyak_update(*(part.parameters() for part in networks), float(self._extra["tau"]))
        return float(loss.detach())
