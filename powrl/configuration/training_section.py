"""The section of a configuration on the training, by subject; its keys stand side by side."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue, ValidationInfo, field_validator

from ..player.plugins import is_plugin
from .section import PluginReference, Section

MAX_UNITS = 8192
"""Units of a layer, and decisions of a batch: beyond, a mistyped number takes all memory."""

ALGORITHMS = {
    "maskable_ppo": "powrl.learning.algorithms.maskable_ppo:MaskablePPOAlgorithm",
    "ppo": "powrl.learning.algorithms.ppo:PPOAlgorithm",
    "a2c": "powrl.learning.algorithms.a2c:A2CAlgorithm",
    "dqn": "powrl.learning.algorithms.dqn:DQNAlgorithm",
}
"""Name in a configuration -> class of the algorithm, as ``module:name``."""


class AlgorithmSettings(Section):
    """The algorithm and its hyper-parameters.

    Attributes
    ----------
    algorithm:
        ``maskable_ppo``, ``ppo``, ``a2c``, ``dqn``, or a class of your own (``module:name``) of
        the shape of `powrl.learning.algorithms.base.Algorithm`.
    algorithm_settings:
        Further settings of the algorithm; those of stable-baselines3 take the arguments of its
        class (``vf_coef: 0.7``).
    batch_size:
        Decisions of a minibatch.
    n_epochs:
        Passes over a rollout.
    gamma:
        Discount per grid step, within a decision and from one to the next.
    gae_lambda:
        Decay of the advantages, for algorithms with actor and critic.
    entropy_coefficient:
        Weight of exploration, for algorithms with actor and critic.
    clip_range:
        Largest change of a probability ratio; ``maskable_ppo`` and ``ppo``.
    learning_rate:
        Step size at the start of the training.
    final_learning_rate:
        Step size at its end; in between it falls linearly.
    """

    algorithm: str = "maskable_ppo"
    algorithm_settings: dict[str, JsonValue] = Field(default_factory=dict)
    batch_size: int = Field(256, gt=1, le=MAX_UNITS)
    n_epochs: int = Field(6, gt=0)
    gamma: float = Field(0.99, gt=0, le=1)
    gae_lambda: float = Field(0.95, ge=0, le=1)
    clip_range: float = Field(0.2, gt=0, lt=1)
    learning_rate: float = Field(3e-4, gt=0, lt=1)
    final_learning_rate: float = Field(1e-5, gt=0, lt=1)
    entropy_coefficient: float = Field(1e-3, ge=0)

    @field_validator("algorithm")
    @classmethod
    def _known_algorithm(cls, algorithm: str) -> str:
        if algorithm not in ALGORITHMS and not is_plugin(algorithm):
            raise ValueError(f"one of {', '.join(ALGORITHMS)}, or a class as module:name")
        return algorithm


class NetworkSettings(Section):
    """The network that ranks actions.

    Attributes
    ----------
    network:
        A function of your own (``module:name``) that makes the network:
        ``network(n_features, n_actions)`` returns a ``torch.nn.Sequential`` of linear layers and
        activations. None: `layers` and `activation` say it.
    layers:
        Units of each hidden layer.
    activation:
        ``relu`` or ``tanh``, between layers.
    """

    network: PluginReference | None = None
    layers: tuple[int, ...] = Field((256, 256), min_length=1, max_length=16)
    activation: Literal["relu", "tanh"] = "relu"

    @field_validator("layers")
    @classmethod
    def _positive(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        if not 1 <= min(layers) <= max(layers) <= MAX_UNITS:
            raise ValueError(f"each layer has 1 to {MAX_UNITS} units")
        return layers


class CourseSettings(Section):
    """The course of the training: its length, its episodes and its callbacks.

    Attributes
    ----------
    timesteps:
        Decisions to learn from after the imitation; the rollout in which their number is reached
        is the last one. 0: the imitation is all.
    seed:
        Seed of everything that is drawn.
    episodes:
        Number of whole episodes in a rollout.
    curriculum:
        Share of the episodes that draw scenarios in proportion to their losses; the others draw
        evenly.
    redispatch:
        Whether the overload manager redispatches generators in training and validation, too, where
        it does at run time. Episodes then take ten times as long.
    plan:
        Whether plans of several actions are made in rollouts, too. They then take the place of the
        learner's choice where it leaves an overload.
    checkpoint_every:
        Rollouts between two checkpoints.
    callbacks:
        Classes of your own (``module:name``) with any of ``on_start(configuration, folder)``,
        ``on_row(row)`` and ``on_end(folder)``; or functions called with each row of the curve.
    """

    timesteps: int = Field(200_000, ge=0)
    seed: int = Field(0, ge=0, lt=2**31)
    episodes: int = Field(32, gt=0, le=4096)
    curriculum: float = Field(0.5, ge=0, le=1)
    redispatch: bool = False
    plan: bool = False
    checkpoint_every: int = Field(4, gt=0)
    callbacks: tuple[PluginReference, ...] = ()


class AttackSettings(Section):
    """The attacks in training and evaluation.

    Attributes
    ----------
    opponent:
        A class of your own (``module:name``) that attacks in training, in place of the opponent of
        the environment; the engine ``fast`` plays it.
    attacked_lines:
        Names of the lines that the opponent attacks in training; none: those of the environment.
    evaluation_attacked:
        Whether evaluations have the attacks of `opponent` or `attacked_lines`, too. Without
        attacks, doing nothing may survive, so that no policy is better than another.
    """

    opponent: PluginReference | None = None
    attacked_lines: tuple[str, ...] = ()
    evaluation_attacked: bool = False

    @field_validator("attacked_lines")
    @classmethod
    def _by_one_opponent(cls, lines: tuple[str, ...], values: ValidationInfo) -> tuple[str, ...]:
        if lines and values.data.get("opponent"):
            raise ValueError("none beside an opponent, which chooses its lines itself")
        return lines

    @field_validator("evaluation_attacked")
    @classmethod
    def _with_attacks(cls, attacked: bool, values: ValidationInfo) -> bool:
        if attacked and not values.data.get("attacked_lines") and not values.data.get("opponent"):
            raise ValueError("false, or lines in attacked_lines, or an opponent")
        return attacked


class EvaluationSettings(Section):
    """The evaluations on the validation split, and when they stop a training.

    Attributes
    ----------
    evaluate_every:
        Checkpoints between two evaluations on the validation split.
    evaluation_scenarios:
        Number of validation scenarios that an evaluation plays (0: all).
    evaluation_seeds:
        Episodes of each scenario of an evaluation.
    evaluation_candidates:
        Number of the policy's actions that an evaluation simulates, without plans. A small number
        distinguishes policies. 0: as at run time, with plans.
    patience:
        Evaluations without a better one after which the training stops (0: never).
    """

    evaluate_every: int = Field(2, gt=0)
    evaluation_scenarios: int = Field(8, ge=0)
    evaluation_seeds: int = Field(1, gt=0)
    evaluation_candidates: int = Field(0, ge=0)
    patience: int = Field(0, ge=0)


class TrainingSettings(
    EvaluationSettings, AttackSettings, CourseSettings, NetworkSettings, AlgorithmSettings
):
    """How a policy is trained; a timestep is a decision of the policy.

    Examples
    --------
    >>> TrainingSettings(timesteps=1000, layers=(64,)).gamma
    0.99
    """
