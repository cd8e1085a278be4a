"""The sections of a configuration that say how a policy learns."""

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


class RewardSettings(Section):
    """Reward of each grid step, from the load of the most loaded line (rho).

    ``2 - rho`` below `limit`, ``2 - 2 rho`` from there on. On a game over it is `game_over`
    instead; `survived` is added at the end of the scenario.

    Attributes
    ----------
    function:
        A function of your own in place of all this (``module:name``), called after each grid step:
        ``reward(observation, game_over, survived) -> float``.
    """

    limit: float = Field(0.95, gt=0, le=2)
    game_over: float = Field(-50.0, le=0)
    survived: float = Field(50.0, ge=0)
    function: PluginReference | None = None


class ImitationSettings(Section):
    """What the policy learns from the search before its algorithm begins.

    The search plays training scenarios and simulates all actions at each decision; the policy
    learns to rank them alike, and what reward is still to come.

    Attributes
    ----------
    episodes:
        Episodes that the search plays; 0: no imitation.
    exploration, tried:
        Share of the decisions in which one of the `tried` best actions is played at random.
    temperature:
        Sharpness of the targets: an action whose outcome ranks worse than the best by this much
        has a preference ``e`` times lower.
    epochs:
        Passes over the lessons; the network of the epoch that does best on the held-out episodes
        stays.
    held_out:
        Share of the scenarios whose episodes only examine the network.
    """

    episodes: int = Field(0, ge=0)
    exploration: float = Field(0.2, ge=0, le=1)
    tried: int = Field(10, gt=0)
    temperature: float = Field(0.05, gt=0)
    epochs: int = Field(40, gt=0)
    batch_size: int = Field(256, gt=1)
    learning_rate: float = Field(1e-3, gt=0, lt=1)
    held_out: float = Field(0.1, gt=0, lt=1)

    @field_validator("episodes")
    @classmethod
    def _enough_to_hold_one_out(cls, episodes: int) -> int:
        if episodes == 1:
            raise ValueError("0, or 2 and more: some are held out")
        return episodes


class TrainingSettings(Section):
    """The algorithm and the course of the training; a timestep is a decision of the policy.

    Attributes
    ----------
    algorithm:
        ``maskable_ppo``, ``ppo``, ``a2c``, ``dqn``, or a class of your own (``module:name``) of
        the shape of `powrl.learning.algorithms.base.Algorithm`.
    algorithm_settings:
        Further settings of the algorithm; those of stable-baselines3 take the arguments of its
        class (``vf_coef: 0.7``).
    network:
        A function of your own (``module:name``) that makes the network:
        ``network(n_features, n_actions)`` returns a ``torch.nn.Sequential`` of linear layers and
        activations. None: `layers` and `activation` say it.
    callbacks:
        Classes of your own (``module:name``) with any of ``on_start(configuration, folder)``,
        ``on_row(row)`` and ``on_end(folder)``; or functions called with each row of the curve.
    timesteps:
        Decisions to learn from; the rollout in which their number is reached is the last one.
    gamma:
        Discount per grid step, within a decision and from one to the next.
    episodes:
        Number of whole episodes in a rollout.
    curriculum:
        Share of the episodes that draw scenarios in proportion to their losses; the others draw
        evenly.
    redispatch:
        Whether the overload manager redispatches generators in training and validation, too, where
        it does at run time. Episodes then take ten times as long.
    attacked_lines:
        Names of the lines that the opponent attacks in training; none: those of the environment.
    checkpoint_every:
        Rollouts between two checkpoints.
    evaluate_every:
        Checkpoints between two evaluations on the validation split.
    evaluation_scenarios:
        Number of validation scenarios that an evaluation plays (0: all).
    evaluation_seeds:
        Episodes of each scenario of an evaluation.
    evaluation_attacked:
        Whether evaluations have the attacks of `attacked_lines`, too. Without attacks, doing
        nothing may survive, so that no policy is better than another.
    evaluation_candidates:
        Number of the policy's actions that an evaluation simulates, without plans. A small number
        tells policies apart. 0: as at run time, with plans.
    patience:
        Evaluations without a better one after which the training stops (0: never).
    """

    algorithm: str = "maskable_ppo"
    algorithm_settings: dict[str, JsonValue] = Field(default_factory=dict)
    network: PluginReference | None = None
    callbacks: tuple[PluginReference, ...] = ()
    timesteps: int = Field(200_000, gt=0)
    seed: int = Field(0, ge=0, lt=2**31)
    episodes: int = Field(32, gt=0, le=4096)
    curriculum: float = Field(0.5, ge=0, le=1)
    redispatch: bool = False
    attacked_lines: tuple[str, ...] = ()
    batch_size: int = Field(256, gt=1, le=MAX_UNITS)
    n_epochs: int = Field(6, gt=0)
    gamma: float = Field(0.99, gt=0, le=1)
    gae_lambda: float = Field(0.95, ge=0, le=1)
    clip_range: float = Field(0.2, gt=0, lt=1)
    learning_rate: float = Field(3e-4, gt=0, lt=1)
    final_learning_rate: float = Field(1e-5, gt=0, lt=1)
    entropy_coefficient: float = Field(1e-3, ge=0)
    layers: tuple[int, ...] = Field((256, 256), min_length=1, max_length=16)
    activation: Literal["relu", "tanh"] = "relu"
    checkpoint_every: int = Field(4, gt=0)
    evaluate_every: int = Field(2, gt=0)
    evaluation_scenarios: int = Field(8, ge=0)
    evaluation_seeds: int = Field(1, gt=0)
    evaluation_attacked: bool = False
    evaluation_candidates: int = Field(0, ge=0)
    patience: int = Field(0, ge=0)

    @field_validator("algorithm")
    @classmethod
    def _known_algorithm(cls, algorithm: str) -> str:
        if algorithm not in ALGORITHMS and not is_plugin(algorithm):
            raise ValueError(f"one of {', '.join(ALGORITHMS)}, or a class as module:name")
        return algorithm

    @field_validator("evaluation_attacked")
    @classmethod
    def _with_lines(cls, attacked: bool, values: ValidationInfo) -> bool:
        if attacked and not values.data.get("attacked_lines"):
            raise ValueError("false, or lines in attacked_lines")
        return attacked

    @field_validator("layers")
    @classmethod
    def _positive(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        if not 1 <= min(layers) <= max(layers) <= MAX_UNITS:
            raise ValueError(f"each layer has 1 to {MAX_UNITS} units")
        return layers
