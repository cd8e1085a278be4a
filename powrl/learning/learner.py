"""The network that is trained, and how it learns from whole episodes: PPO on masked actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.buffers import MaskableRolloutBuffer
from stable_baselines3.common.logger import configure as configure_logger
from stable_baselines3.common.utils import set_random_seed

from ..configuration.sections import TrainingSettings
from ..errors import PowrlError
from ..player.policy.network import Policy
from .export import export_policy
from .normalisation import CLIP, Normalisation
from .returns import decision_advantages, discounted_returns
from .rollout import Trajectory


class DivergedError(PowrlError):
    """The network has weights that are no finite numbers."""


class Learner:
    """A ``MaskablePPO`` that is given its experience instead of collecting it.

    Parameters
    ----------
    spaces:
        An environment whose spaces the network is for.

    Attributes
    ----------
    model:
        The ``MaskablePPO``: network, optimiser and counters.
    normalisation:
        Of its inputs and of the rewards; frozen while a rollout is played.
    """

    def __init__(self, spaces: gymnasium.Env[Any, Any], settings: TrainingSettings) -> None:
        torch.set_num_threads(1)  # the network is small: more threads only wait for each other
        self._settings = settings
        assert spaces.observation_space.shape is not None
        self.normalisation = Normalisation.of(spaces.observation_space.shape[0])
        self.model = MaskablePPO(
            "MlpPolicy",
            spaces,
            learning_rate=_linear(settings.learning_rate, settings.final_learning_rate),
            n_steps=settings.batch_size,  # of the buffer that `learn` replaces
            batch_size=settings.batch_size,
            n_epochs=settings.n_epochs,
            gamma=settings.gamma,
            gae_lambda=settings.gae_lambda,
            clip_range=settings.clip_range,
            ent_coef=settings.entropy_coefficient,
            normalize_advantage=False,  # `learn` does, over the rollout: a minibatch may hold one
            policy_kwargs=_network(settings),
            seed=settings.seed,
            device="cpu",
        )
        self.model.set_logger(configure_logger(None, []))

    def log_to(self, folder: Path) -> None:
        """Write TensorBoard files to a folder."""
        self.model.set_logger(configure_logger(str(folder), ["tensorboard"]))

    @property
    def timesteps(self) -> int:
        """Decisions learned from."""
        return int(self.model.num_timesteps)

    def policy(self) -> Policy:
        """The present policy, for run time.

        Raises
        ------
        DivergedError
            A weight is not a finite number.
        """
        if not all(bool(each.isfinite().all()) for each in self.model.policy.parameters()):
            raise DivergedError("the training diverged; lower training.learning_rate.")
        return export_policy(self.model, self.normalisation, self._settings.activation)

    def learn(self, trajectories: Sequence[Trajectory], seed: int) -> None:
        """Update the network from a rollout; one without a decision teaches nothing.

        Parameters
        ----------
        seed:
            Orders the decisions.
        """
        played = [each for each in trajectories if len(each)]
        if not played:
            return
        self.normalisation.returns.update(np.concatenate([self._returns(each) for each in played]))
        model = self.model
        model.rollout_buffer = self._buffer(played)
        model.num_timesteps += model.rollout_buffer.buffer_size
        model._current_progress_remaining = max(
            0.0, 1 - model.num_timesteps / self._settings.timesteps
        )
        set_random_seed(seed)
        model.train()
        # only now: the actions were drawn with the statistics so far
        self.normalisation.features.update(np.concatenate([each.features for each in played]))

    def _returns(self, played: Trajectory) -> np.ndarray:
        return discounted_returns(played.rewards, self._settings.gamma**played.passed)

    def _buffer(self, played: Sequence[Trajectory]) -> MaskableRolloutBuffer:
        """The decisions with their advantages and returns, one after the other."""
        inputs = self.normalisation.inputs(np.concatenate([each.features for each in played]))
        actions = np.concatenate([each.actions for each in played])
        masks = np.concatenate([each.masks for each in played])
        with torch.no_grad():
            values, log_probs, _ = self.model.policy.evaluate_actions(
                torch.as_tensor(inputs), torch.as_tensor(actions), action_masks=masks
            )
        rewards = np.concatenate([each.rewards for each in played]) / self.normalisation.scale
        passed = np.concatenate([each.passed for each in played])
        ended = np.zeros(len(actions), dtype=bool)
        ended[np.cumsum([len(each) for each in played]) - 1] = True
        known = values.numpy().reshape(-1, 1)
        advantages = decision_advantages(
            np.clip(rewards, -CLIP, CLIP)[:, None],
            known,
            np.zeros(1, dtype=np.float32),
            np.power(self._settings.gamma, passed).astype(np.float32)[:, None],
            ended[:, None],
            self._settings.gae_lambda,
        )
        buffer = MaskableRolloutBuffer(
            len(actions), self.model.observation_space, self.model.action_space, "cpu"
        )
        buffer.observations[:, 0] = inputs
        buffer.actions[:, 0, 0] = actions
        buffer.action_masks[:, 0] = masks
        buffer.values[:] = known
        buffer.log_probs[:, 0] = log_probs.numpy()
        buffer.returns[:] = advantages + known
        buffer.advantages[:] = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        buffer.full = True
        return buffer


def _linear(first: float, last: float) -> Callable[[float], float]:
    """A learning rate that goes from `first` to `last` as the remaining share goes from 1 to 0."""
    return lambda remaining: last + (first - last) * remaining


def _network(settings: TrainingSettings) -> dict[str, Any]:
    layers = list(settings.layers)
    activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[settings.activation]
    return {"net_arch": {"pi": layers, "vf": layers}, "activation_fn": activation}
