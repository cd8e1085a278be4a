"""The configuration of a training run: typed and validated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import PlainSerializer, PlainValidator, PrivateAttr, ValidationInfo, field_validator

from ..engines.engine import EngineName
from ..environments.opening import BUNDLED, DOWNLOAD, Scenarios
from ..errors import ConfigurationError
from ..parallel.folders import Folder, Places, relocated_path
from ..player.files import NEEDS_NAME, is_environment_name
from ..player.plugins import is_plugin, load_plugin
from ..player.policy.groups import GROUPS
from ..player.rules.settings import OverloadSettings
from .learning_sections import ImitationSettings, RewardSettings
from .scenario_sections import ScenarioSettings, Split
from .section import Section
from .training_section import TrainingSettings
from .tuning_section import TuningSettings

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)


Overload = Annotated[
    OverloadSettings,
    PlainValidator(OverloadSettings.from_json),
    PlainSerializer(OverloadSettings.to_json, return_type=dict[str, Any]),
]
"""Only what differs from the defaults is written."""


class Configuration(Section):
    """All settings of a training run.

    Attributes
    ----------
    environment:
        grid2op's name of the environment.
    actions:
        Path of an action file (relative to the configuration's file), or ``"unitary"``: all
        topologies of single substations of 4 to 10 elements.
    observation:
        Groups of features (`powrl.player.policy.groups`), or functions of your own
        (``module:name``) that make an array of an observation.
    engine:
        What plays training and validation: ``"fast"``, the episode stepper with batched
        candidates, equal to grid2op and many times faster, or ``"grid2op"`` itself, for
        environments that the former refuses (`powrl.engines.engine`).
    scenarios:
        Where the scenarios come from, and how they are split.
    overload:
        Settings of the overload manager, and rules of your own as ``module:name``.
    reward:
        Reward of each grid step.
    imitation:
        What the policy learns from the search before its algorithm begins.
    training:
        Algorithm, network, length, attacks and evaluations of the training.
    tuning:
        What ``powrl tune`` searches; none: its defaults.
    """

    environment: str
    actions: str = "unitary"
    observation: tuple[str, ...] = ("line_load", "topology", "cooldown", "overflow", "time")
    engine: EngineName = "fast"
    scenarios: ScenarioSettings = ScenarioSettings()
    overload: Overload = OverloadSettings()
    reward: RewardSettings = RewardSettings()
    imitation: ImitationSettings = ImitationSettings()
    training: TrainingSettings = TrainingSettings()
    tuning: TuningSettings | None = None

    _plugin_folders: tuple[Path, ...] = PrivateAttr(())

    @field_validator("environment")
    @classmethod
    def _require_name(cls, name: str) -> str:
        if not is_environment_name(name):
            raise ValueError(NEEDS_NAME.removeprefix("needs "))
        return name

    @field_validator("observation")
    @classmethod
    def _known_groups(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        unknown = {group for group in groups if group not in GROUPS and not is_plugin(group)}
        if not groups or unknown or len(set(groups)) < len(groups):
            raise ValueError(f"one or more of {', '.join(GROUPS)} or module:name, each once")
        return groups

    @field_validator("training")
    @classmethod
    def _learns(cls, training: TrainingSettings, values: ValidationInfo) -> TrainingSettings:
        imitation = values.data.get("imitation")
        if not training.timesteps and imitation is not None and not imitation.episodes:
            raise ValueError("timesteps of 1 or more where imitation.episodes is 0")
        return training

    def plugin_folders(self) -> tuple[Path, ...]:
        """Return the folders that the files of plug-ins lie in, searched in order."""
        return self._plugin_folders

    def with_plugins_in(self, *folders: Path) -> Configuration:
        """Return the same configuration with the files of its plug-ins in other folders."""
        copy = self.model_copy()
        copy._plugin_folders = tuple(folder.resolve() for folder in folders)
        return copy

    def load_plugin(self, reference: str) -> Any:
        """Return the object that ``module:name`` refers to in this configuration.

        Raises
        ------
        PowrlError
            It cannot be imported.
        """
        return load_plugin(reference, self._plugin_folders)

    def runtime_plugins(self) -> tuple[str, ...]:
        """Return the references to the plug-ins that an agent needs, which it therefore carries."""
        return (*filter(is_plugin, self.observation), *self.overload.plugins)

    def plugins(self) -> tuple[str, ...]:
        """Return the references to all plug-ins."""
        training = self.training
        names = (
            *(self.reward.function, training.algorithm, training.network, training.opponent),
            *training.callbacks,
        )
        others = tuple(name for name in names if name and is_plugin(name))
        return tuple(dict.fromkeys((*self.runtime_plugins(), *others)))

    def scenarios_of(self, split: SplitName) -> Scenarios:
        """The scenarios of a split.

        Raises
        ------
        ConfigurationError
            The configuration leaves open where they are, they are not there, or there is no such
            split.
        """
        if split not in SPLITS:
            raise ConfigurationError(f"there is no split {split!r}; give {' or '.join(SPLITS)}.")
        chosen: Split = getattr(self.scenarios, split)
        data = self.scenarios.data
        if data is None or (chosen.folder and data in (BUNDLED, DOWNLOAD)):
            raise ConfigurationError(
                f"the {split} scenarios of {self.environment} are not bundled; give the folder "
                f"that holds {chosen.folder or 'them'} with --data DIR."
            )
        if not chosen.folder:
            return Scenarios(self.environment, data, chosen.names)
        source = Path(data) / chosen.folder
        if not source.is_dir():
            raise ConfigurationError(
                f"there is no folder {source}; give the folder that holds {chosen.folder} with "
                "--data DIR."
            )
        return Scenarios(self.environment, str(source), chosen.names)

    def folders(self) -> list[Folder]:
        """The folders and files that a machine needs to play training and validation."""
        folders = [Folder(folder) for folder in self._plugin_folders if folder.is_dir()]
        if self.actions != "unitary":
            folders.append(Folder(Path(self.actions)))
        data = self.scenarios.data
        if data not in (None, BUNDLED, DOWNLOAD):
            splits = (self.scenarios.train, self.scenarios.validation)
            parts = tuple(dict.fromkeys(split.folder for split in splits if split.folder))
            whole = any(not split.folder for split in splits)
            folders.append(Folder(Path(str(data)), () if whole else parts))
        return folders

    def relocated(self, places: Places) -> Configuration:
        """The same configuration with `folders` in other places."""
        update: dict[str, Any] = {}
        if self.actions != "unitary":
            update["actions"] = str(relocated_path(self.actions, places))
        data = self.scenarios.data
        if data not in (None, BUNDLED, DOWNLOAD):
            place = str(relocated_path(str(data), places))
            update["scenarios"] = self.scenarios.model_copy(update={"data": place})
        copy = self.model_copy(update=update)
        copy._plugin_folders = tuple(
            relocated_path(folder, places) for folder in self._plugin_folders
        )
        return copy

    @property
    def training_overload(self) -> OverloadSettings:
        """Settings of the overload manager in training and validation."""
        redispatch = self.overload.redispatch and self.training.redispatch
        return self.overload.replaced(redispatch=redispatch)

    @property
    def rollout_overload(self) -> OverloadSettings:
        """The same in rollouts and lessons, where the learner's choice is played as it is."""
        return self.training_overload.replaced(plan=self.overload.plan and self.training.plan)

    def has_attacks(self, split: SplitName) -> bool:
        """Tell whether the attacks of the training, where it has its own, are those of a split."""
        return split == "train" or (split == "validation" and self.training.evaluation_attacked)

    def hyperparameters(self) -> dict[str, bool | int | float | str]:
        """The values that a training is compared by, by their keys: ``training.seed`` and others.

        What is no single value, such as the layers, is a text.

        Examples
        --------
        >>> Configuration(environment="l2rpn_case14_sandbox").hyperparameters()["training.layers"]
        '[256, 256]'
        """
        sections = self.model_dump(mode="json", exclude_none=True)
        values: dict[str, Any] = {"observation": sections["observation"]}
        for name in ("overload", "reward", "imitation", "training"):
            values |= {f"{name}.{key}": value for key, value in sections[name].items()}
        plain = (bool, int, float, str)
        return {key: v if isinstance(v, plain) else str(v) for key, v in values.items()}

    def to_yaml(self) -> str:
        """The resolved configuration; reading it back gives the same one."""
        without = {"tuning"} if self.tuning is None else None
        return yaml.safe_dump(self.model_dump(mode="json", exclude=without), sort_keys=False)
