"""The shape of a learning algorithm: it learns from whole episodes and gives a policy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...configuration.learning_sections import ImitationSettings
from ...errors import NotSupportedError, PowrlError
from ...player.policy.network import Policy
from ..exploration import Exploration
from ..lessons import Lessons
from ..rollout import Trajectory


class DivergedError(PowrlError):
    """The network has weights that are not finite numbers."""


class Algorithm(ABC):
    """A learning algorithm that is given whole episodes in place of collecting its experience.

    A class of your own is named in the configuration (``training.algorithm: module:name``). It is
    constructed as ``name(spaces, settings)``, where `spaces` has an ``observation_space`` (a box
    of shape ``(n_features,)``) and an ``action_space`` (discrete), and `settings` is
    `powrl.configuration.sections.TrainingSettings`. With ``training.network`` it gets the torch
    module as ``network``.

    Attributes
    ----------
    timesteps:
        Decisions learned from.

    Examples
    --------
    ``examples/plugins/my_algorithm.py`` is a complete algorithm of a few lines.
    """

    timesteps: int = 0

    @abstractmethod
    def learn(self, trajectories: Sequence[Trajectory], seed: int) -> None:
        """Learn from the episodes of a rollout; an episode may have no decision.

        Parameters
        ----------
        seed:
            Fixes all that the algorithm draws.
        """

    @abstractmethod
    def policy(self) -> Policy:
        """Give the present policy as arrays, for run time.

        Raises
        ------
        DivergedError
            A weight is not a finite number.
        """

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Give all that a checkpoint has to hold.

        Numbers, texts, tensors and numpy arrays (which come back as tensors), and lists and
        dictionaries of them. The key ``progress`` belongs to the training.
        """

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state that `state` gave."""

    def imitate(
        self,
        lessons: Sequence[Lessons],
        settings: ImitationSettings,
        on_epoch: Callable[[dict[str, Any]], None],
    ) -> None:
        """Learn to rank actions as the search does.

        Parameters
        ----------
        lessons:
            The episodes that the search has played.
        on_epoch:
            Called with a row of the curve after each epoch.

        Raises
        ------
        NotSupportedError
            The algorithm does not imitate.
        """
        raise NotSupportedError(f"{type(self).__name__} cannot imitate; set imitation.episodes: 0.")

    def start_from(self, policy: Policy) -> None:
        """Take the weights and the normalisation of a policy that was trained before.

        Raises
        ------
        ConfigurationError
            The layers differ.
        NotSupportedError
            The algorithm always starts anew.
        """
        raise NotSupportedError(f"{type(self).__name__} cannot start from an agent; omit --init.")

    def exploration(self) -> Exploration:
        """Say how the actions of the next rollout are drawn."""
        return Exploration()

    def log_to(self, folder: Path) -> None:
        """Write logs to a folder; the default writes none."""

    def log_start(
        self, text: str, hyperparameters: Mapping[str, Any], metrics: Sequence[str]
    ) -> None:
        """Log what the training begins with; the default ignores it.

        Parameters
        ----------
        text:
            The configuration, in Markdown.
        hyperparameters:
            Its values by their keys: numbers, texts and truth values.
        metrics:
            Names of the values, among those of `record`, by which trainings are compared.
        """

    def record(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log values by name; the default ignores them.

        Parameters
        ----------
        step:
            Where they stand on the axis; None: at the present number of timesteps.
        """

    def close(self) -> None:
        """Close the logs."""
