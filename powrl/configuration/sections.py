"""The configuration of a training run: typed, validated, from a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from ..environments.opening import BUNDLED, DOWNLOAD, Scenarios
from ..errors import PowrlError
from ..player.policy.features import GROUPS
from ..player.rules.settings import OverloadSettings
from ..storage.yaml_file import read_mapping
from ..workspace.shipped import shipped_configurations
from .pydantic_errors import explain

MAX_UNITS = 8192
"""Of a layer, and decisions of a batch: beyond it, a mistyped number takes all memory."""

SplitName = Literal["train", "validation", "test"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Split(_Section):
    """Which scenarios a split is made of.

    Attributes
    ----------
    folder:
        Environment folder below `ScenarioSettings.data`; none: `data` itself.
    names:
        Regular expression that the name of a scenario must match in full.
    """

    folder: str | None = None
    names: str = ".*"


class ScenarioSettings(_Section):
    """Where scenarios come from, and how they are split.

    Attributes
    ----------
    data:
        ``"bundled"`` with grid2op, ``"download"`` (grid2op's own data folder), a folder, or none
        when it has to be given (``--data``).
    """

    data: str | None = BUNDLED
    train: Split = Split()
    validation: Split = Split()
    test: Split = Split()


class RewardSettings(_Section):
    """Reward of each grid step, from the load of the most loaded line (rho).

    ``2 - rho`` below `limit`, ``2 - 2 rho`` from there on. On a game over it is `game_over`
    instead; `survived` is added at the end of the scenario.
    """

    limit: float = Field(0.95, gt=0, le=2)
    game_over: float = Field(-50.0, le=0)
    survived: float = Field(50.0, ge=0)


class ImitationSettings(_Section):
    """What the policy learns from the search before PPO begins.

    The search plays training scenarios and simulates all actions at each decision; the policy
    learns to rank them alike, and what reward is still to come.

    Attributes
    ----------
    episodes:
        That the search plays; 0: nothing is imitated.
    exploration, tried:
        Share of the decisions in which not the best action is played but one of so many best.
    temperature:
        Of the targets: an action whose outcome ranks worse than the best by this much is wanted
        ``e`` times less.
    epochs:
        At most; the network of the epoch that does best on the episodes held out is kept.
    held_out:
        Share of the scenarios whose episodes are not learned from.
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


class TrainingSettings(_Section):
    """MaskablePPO and the course of the training; a timestep is a decision of the policy.

    Attributes
    ----------
    timesteps:
        The rollout in which so many are reached is the last one.
    gamma:
        Discount per grid step, within a decision and from one to the next.
    episodes:
        Whole episodes of each rollout.
    curriculum:
        Share of the episodes in which scenarios that are lost often are drawn more often; in the
        others all are drawn alike.
    redispatch:
        Whether generators are redispatched in training and validation, too, where the overload
        manager does it: then an episode is what the agent will meet, and takes ten times as long.
    plan:
        Whether plans of several actions are made in rollouts, too: then they take the place of the
        learner's choice where it leaves an overload.
    attacked_lines:
        Names of the lines that the opponent attacks in training, in place of those that it
        attacks in the environment; none: as in the environment.
    checkpoint_every:
        Rollouts between two checkpoints.
    evaluate_every:
        Checkpoints between two evaluations on the validation split.
    evaluation_scenarios:
        How many validation scenarios an evaluation plays (0: all).
    evaluation_seeds:
        Episodes of each of them.
    evaluation_attacked:
        Whether evaluations have the attacks of `attacked_lines`, too: where nobody attacks, doing
        nothing may survive, and no policy is better than another.
    evaluation_candidates:
        How many of the policy's actions an evaluation simulates, without plans: few tell policies
        apart. 0: as at run time, with plans.
    patience:
        Evaluations without a better one after which the training stops (0: it does not).
    """

    timesteps: int = Field(200_000, gt=0)
    seed: int = Field(0, ge=0, lt=2**31)
    episodes: int = Field(32, gt=0, le=4096)
    curriculum: float = Field(0.5, ge=0, le=1)
    redispatch: bool = False
    plan: bool = False
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

    @field_validator("evaluation_attacked")
    @classmethod
    def _with_lines(cls, attacked: bool, given: ValidationInfo) -> bool:
        if attacked and not given.data.get("attacked_lines"):
            raise ValueError("false, or lines in attacked_lines")
        return attacked

    @field_validator("layers")
    @classmethod
    def _positive(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        if not 1 <= min(layers) <= max(layers) <= MAX_UNITS:
            raise ValueError(f"each layer has 1 to {MAX_UNITS} units")
        return layers


Overload = Annotated[
    OverloadSettings,
    PlainValidator(OverloadSettings.from_json),
    PlainSerializer(OverloadSettings.to_json, return_type=dict[str, Any]),
]
"""Only what differs from the defaults is written."""


class Configuration(_Section):
    """All that a training run is made from.

    Attributes
    ----------
    environment:
        grid2op's name of the environment.
    actions:
        Path of an action file (relative to the configuration's file), or ``"unitary"``: all
        topologies of single substations of 4 to 10 elements.
    observation:
        Groups of features (`powrl.player.policy.features`).
    engine:
        What plays training and validation: ``"fast"``, the episode stepper with batched
        candidates, equal to grid2op and many times faster, or ``"grid2op"`` itself, for
        environments that the former refuses (`powrl.engines.engine`).
    """

    environment: str
    actions: str = "unitary"
    observation: tuple[str, ...] = ("line_load", "topology", "cooldown", "overflow", "time")
    engine: Literal["fast", "grid2op"] = "fast"
    scenarios: ScenarioSettings = ScenarioSettings()
    overload: Overload = OverloadSettings()
    reward: RewardSettings = RewardSettings()
    imitation: ImitationSettings = ImitationSettings()
    training: TrainingSettings = TrainingSettings()

    @field_validator("observation")
    @classmethod
    def _known_groups(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        if not groups or set(groups) - set(GROUPS) or len(set(groups)) < len(groups):
            raise ValueError(f"one or more of {', '.join(GROUPS)}, each once")
        return groups

    @property
    def plugin_folders(self) -> tuple[Path, ...]:
        """Where modules of plug-ins are looked for first."""
        return ()

    def scenarios_of(self, split: SplitName) -> Scenarios:
        """The scenarios of a split.

        Raises
        ------
        PowrlError
            The configuration leaves open where they are, or they are not there.
        """
        chosen: Split = getattr(self.scenarios, split)
        data = self.scenarios.data
        if data is None or (chosen.folder and data in (BUNDLED, DOWNLOAD)):
            raise PowrlError(
                f"the {split} scenarios of {self.environment} are not bundled; give the folder "
                f"that holds {chosen.folder or 'them'} with --data DIR."
            )
        if not chosen.folder:
            return Scenarios(self.environment, data, chosen.names)
        source = Path(data) / chosen.folder
        if not source.is_dir():
            raise PowrlError(
                f"there is no folder {source}; give the folder that holds {chosen.folder} with "
                "--data DIR."
            )
        return Scenarios(self.environment, str(source), chosen.names)

    @property
    def training_overload(self) -> OverloadSettings:
        """Settings of the overload manager in training and validation."""
        redispatch = self.overload.redispatch and self.training.redispatch
        return self.overload.replaced(redispatch=redispatch)

    @property
    def rollout_overload(self) -> OverloadSettings:
        """The same in rollouts and lessons, where the learner's choice is played as it is."""
        return self.training_overload.replaced(plan=self.overload.plan and self.training.plan)

    def attacked_lines_of(self, split: SplitName) -> tuple[str, ...]:
        """The lines that are attacked in a split; none: those that the environment attacks."""
        attacked = split == "train" or (split == "validation" and self.training.evaluation_attacked)
        return self.training.attacked_lines if attacked else ()

    def to_yaml(self) -> str:
        """The resolved configuration; reading it back gives the same one."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def load_configuration(
    given: str | Path, overrides: Sequence[str] = (), data: str | None = None
) -> Configuration:
    """Read a configuration file, or a shipped configuration by name.

    Parameters
    ----------
    overrides:
        ``"key.path=value"`` each, the value in YAML.
    data:
        Replaces ``scenarios.data``.

    Raises
    ------
    PowrlError
        There is no such file, it is no YAML, or it has an unknown key, a wrong type or an
        impossible value: the key's path, what was given and what is allowed.
    """
    path = _find(given)
    body = read_mapping(path, "configuration")
    for override in overrides:
        _override(body, override)
    if data is not None:
        _override(body, "scenarios.data=null")
        body["scenarios"]["data"] = data
    try:
        configuration = Configuration.model_validate(body)
    except ValidationError as error:
        raise PowrlError(f"{path}: {explain(error, Configuration)}.") from error
    if configuration.actions == "unitary":
        return configuration
    actions = path.parent / configuration.actions
    return configuration.model_copy(update={"actions": str(actions.resolve())})


def _find(given: str | Path) -> Path:
    shipped = shipped_configurations()
    path = Path(given)
    if not path.is_file() and str(given) in shipped:
        return shipped[str(given)]
    if not path.is_file():
        raise PowrlError(
            f"there is no configuration {given}: give a YAML file, or one of {', '.join(shipped)}."
        )
    return path


def _override(body: dict[str, Any], override: str) -> None:
    keys, separator, text = override.partition("=")
    if not separator or not keys:
        raise PowrlError(f"--set {override!r}: give it as key.path=value.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        why = " ".join(str(error).split())
        raise PowrlError(f"--set {override!r}: the value is no YAML ({why}).") from error
    *parents, last = keys.split(".")
    section = body
    for key in parents:
        section = section.setdefault(key, {})
        if not isinstance(section, dict):
            raise PowrlError(f"--set {override!r}: {key} is a value and has no keys below it.")
    section[last] = value
