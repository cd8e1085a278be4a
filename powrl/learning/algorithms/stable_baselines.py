"""What the algorithms of stable-baselines3 share: network, normalisation, state and logs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
import torch
from stable_baselines3.common.logger import HParam, Logger
from stable_baselines3.common.logger import configure as configure_logger

from ...configuration.learning_sections import ImitationSettings
from ...configuration.training_section import TrainingSettings
from ...player.policy.network import Policy
from ...workspace.processes import uninterrupted
from ..export import export_policy, import_policy
from ..imitation import fit_to_lessons
from ..lessons import Lessons
from ..normalisation import Normalisation
from ..returns import discounted_returns
from ..rollout import Trajectory
from .arguments import construct
from .base import Algorithm, DivergedError

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}


class StableBaselinesAlgorithm(Algorithm):
    """An algorithm of stable-baselines3 that is given its experience.

    Parameters
    ----------
    spaces:
        Any environment with the spaces of the network.
    settings:
        ``algorithm_settings`` are further arguments of the class of stable-baselines3.
    network:
        Layers in place of ``settings.layers``, as `powrl.learning.networks` checks them.

    Raises
    ------
    ConfigurationError
        An argument among ``algorithm_settings`` is unknown or has an impossible value.
    """

    model_class: ClassVar[Any]
    """The class of stable-baselines3."""

    own_settings: ClassVar[Mapping[str, Any]] = {}
    """Keys of ``algorithm_settings`` that powrl reads itself, with their defaults."""

    def __init__(
        self,
        spaces: gymnasium.Env[Any, Any],
        settings: TrainingSettings,
        network: Sequence[torch.nn.Module] | None = None,
    ) -> None:
        torch.set_num_threads(1)  # the network is small: more threads only wait for each other
        self._settings = settings
        self._extra = {**self.own_settings, **settings.algorithm_settings}
        assert spaces.observation_space.shape is not None
        self._normalisation = Normalisation.without_experience(spaces.observation_space.shape[0])
        self._model = self._make_model(spaces)
        self._model.set_logger(Logger(None, []))  # `configure` would leave a temporary folder
        if network is not None:
            self._use_layers(network)
            self._new_optimizer()

    @abstractmethod
    def _arguments(self) -> dict[str, Any]:
        """Arguments of the class of stable-baselines3 that follow from the settings."""

    @abstractmethod
    def _use_layers(self, layers: Sequence[torch.nn.Module]) -> None:
        """Replace the layers that rank actions."""

    @abstractmethod
    def layers(self) -> list[torch.nn.Module]:
        """The layers that rank actions, in order."""

    @abstractmethod
    def evaluate(
        self, inputs: torch.Tensor, legal: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Preferences and values of some states.

        Parameters
        ----------
        inputs:
            Normalised features, shape ``(n, n_features)``.
        legal:
            The legal actions, shape ``(n, n_actions)``, bool; None: all.

        Returns
        -------
        tuple
            Preference for each action, shape ``(n, n_actions)``, whose softmax is the policy; and
            the value of each state, shape ``(n,)``.
        """

    def network(self) -> torch.nn.Module:
        """All that is trained."""
        module: torch.nn.Module = self._model.policy
        return module

    def policy(self) -> Policy:
        """Give the present policy as arrays, for run time."""
        if not all(bool(weights.isfinite().all()) for weights in self.network().parameters()):
            raise DivergedError("the training diverged; lower training.learning_rate.")
        return export_policy(self.layers(), self._normalisation)

    def start_from(self, policy: Policy) -> None:
        """Take the weights and the normalisation of a policy that was trained before."""
        import_policy(policy, self.layers(), self._normalisation)
        self._weights_replaced()

    def imitate(
        self,
        lessons: Sequence[Lessons],
        settings: ImitationSettings,
        on_epoch: Callable[[dict[str, Any]], None],
    ) -> None:
        """Learn to rank actions as the search does."""
        seed = self._settings.seed
        fit_to_lessons(self, self._normalisation, lessons, settings, seed, on_epoch)
        self._weights_replaced()

    def state(self) -> dict[str, Any]:
        """Give all that a checkpoint has to hold."""
        return {
            "timesteps": self.timesteps,
            "updates": self._model._n_updates,
            "policy": self.network().state_dict(),
            "optimizer": self._model.policy.optimizer.state_dict(),
            **self._normalisation.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `state` gave."""
        self.network().load_state_dict(state["policy"])
        self._model.policy.optimizer.load_state_dict(state["optimizer"])
        self._normalisation.restore(state)
        self.timesteps = self._model.num_timesteps = int(state["timesteps"])
        self._model._n_updates = int(state["updates"])

    def log_to(self, folder: Path) -> None:
        """Write TensorBoard files to a folder."""
        self._model.set_logger(configure_logger(str(folder), ["tensorboard"]))

    def log_start(
        self, text: str, hyperparameters: Mapping[str, Any], metrics: Sequence[str]
    ) -> None:
        """Log what the training begins with."""
        logger = self._model.logger
        logger.record("configuration", text)
        logger.record("hparams", HParam(dict(hyperparameters), dict.fromkeys(metrics, 0.0)))
        with uninterrupted():  # else its thread may wait two minutes for the end
            logger.dump(self.timesteps)

    def record(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log values by name, with those that the last update has logged."""
        for name, value in values.items():
            self._model.logger.record(name, value)
        with uninterrupted():
            self._model.logger.dump(self.timesteps if step is None else step)

    def close(self) -> None:
        """Close the TensorBoard files."""
        self._model.logger.close()

    def _make_model(self, spaces: gymnasium.Env[Any, Any]) -> Any:
        settings = self._settings
        arguments = {
            "learning_rate": _linear(settings.learning_rate, settings.final_learning_rate),
            "gamma": settings.gamma,
            "seed": settings.seed,
            "device": "cpu",
            **self._arguments(),
        }
        return construct(self.model_class, spaces, arguments, self._extra, self.own_settings)

    def _network_arguments(self) -> dict[str, Any]:
        layers = list(self._settings.layers)
        activation = ACTIVATIONS[self._settings.activation]
        return {"net_arch": {"pi": layers, "vf": layers}, "activation_fn": activation}

    def _new_optimizer(self) -> None:
        policy = self._model.policy
        rate = policy.optimizer.param_groups[0]["lr"]
        policy.optimizer = policy.optimizer_class(
            self.network().parameters(), lr=rate, **policy.optimizer_kwargs
        )

    def _weights_replaced(self) -> None:
        """Let what depends on the weights follow; the default depends on nothing."""

    def _count(self, decisions: int) -> None:
        """Count decisions, on which learning rate and exploration depend."""
        self.timesteps += decisions
        self._model.num_timesteps = self.timesteps
        self._model._current_progress_remaining = max(
            0.0, 1 - self.timesteps / self._settings.timesteps
        )

    def _update_returns(self, trajectories: Sequence[Trajectory]) -> None:
        """Let the scale of rewards follow the discounted returns of a rollout."""
        gamma = self._settings.gamma
        returns = [
            discounted_returns(played.rewards, gamma**played.passed) for played in trajectories
        ]
        self._normalisation.returns.update(np.concatenate(returns))


def _linear(first: float, last: float) -> Callable[[float], float]:
    """A learning rate that goes from `first` to `last` as the remaining share goes from 1 to 0."""
    return lambda remaining: last + (first - last) * remaining
