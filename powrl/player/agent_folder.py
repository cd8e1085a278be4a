"""The folder of an agent: its files, its settings, and what reads them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .errors import ConfigurationError, of_another_version
from .files import NEEDS_NAME, is_environment_name, read_text
from .json_text import parse_text
from .plugins import PLUGIN_FOLDER, is_plugin
from .policy.network import Policy
from .rules.setting import UnknownSettingError
from .rules.settings import OverloadSettings

FORMAT = "powrl agent 2"
FORMAT_1 = "powrl agent 1"
"""Agents of before the budgets were counted in simulations; they are read as ever."""

AGENT_FILE, POLICY_FILE, ACTIONS_FILE, CARD_FILE = (
    "agent.json",
    "policy.npz",
    "actions.json",
    "README.md",
)


@dataclass(frozen=True)
class AgentSettings:
    """What `agent.json` holds.

    Attributes
    ----------
    environment:
        Name of the grid2op environment that the agent is for.
    observation:
        Groups of features that the policy reads, in order (`powrl.player.policy.features`). Without
        any the agent has no policy, and simulates its actions in the order of their file.
    overload:
        Settings of the overload manager.
    plugin_folders:
        Where the files of plug-ins lie; `agent.json` does not have it.
    """

    environment: str
    observation: tuple[str, ...]
    overload: OverloadSettings = field(default_factory=OverloadSettings)
    plugin_folders: tuple[Path, ...] = field(default=(), compare=False)

    def plugins(self) -> tuple[str, ...]:
        """The references to all plug-ins that the agent needs at run time."""
        return (*filter(is_plugin, self.observation), *self.overload.plugins)

    def to_json(self) -> dict[str, Any]:
        """The body of `agent.json`; settings that have their defaults are left out."""
        return {
            "format": FORMAT,
            "environment": self.environment,
            "observation": list(self.observation),
            "overload": self.overload.to_json(),
        }

    @classmethod
    def load(cls, folder: Path) -> AgentSettings:
        """Read `agent.json` of an agent folder.

        Raises
        ------
        ConfigurationError
            It is missing, no JSON, or lacks, misspells or has an impossible value of a setting.
        """
        path = folder / AGENT_FILE
        if not folder.is_dir():
            raise ConfigurationError(
                f"there is no agent folder {folder}; powrl envs lists the agents."
            )
        try:
            body = parse_text(read_text(path))
        except OSError as error:
            raise ConfigurationError(
                f"the agent {folder} has no readable {AGENT_FILE} ({error.strerror})."
            ) from error
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{path} is not readable as JSON ({error}).") from error
        keys = {"format", *(declared.name for declared in fields(cls))} - {"plugin_folders"}
        formats = (FORMAT, FORMAT_1)
        if not isinstance(body, dict) or body.get("format") not in formats or set(body) != keys:
            raise ConfigurationError(
                f"{path} needs the format {FORMAT!r} and just the keys {', '.join(sorted(keys))}."
            )
        groups, environment = body["observation"], body["environment"]
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise ConfigurationError(f"{path}, observation: needs a list of groups of features.")
        if not is_environment_name(environment):
            raise ConfigurationError(f"{path}, environment: {NEEDS_NAME}.")
        try:
            overload = OverloadSettings.from_json(body["overload"])
        except ValueError as error:
            advice = ""
            if isinstance(error, UnknownSettingError):
                advice = of_another_version("the agent")
            raise ConfigurationError(f"{path}, overload: {error}{advice}.") from error
        if body["format"] == FORMAT_1:
            overload = _of_format_1(overload)
        return cls(environment, tuple(groups), overload, (folder / PLUGIN_FOLDER,))


def _of_format_1(overload: OverloadSettings) -> OverloadSettings:
    """Settings of format 1, which repeats its defaults and limits each decision to some time.

    That limit was never reached on a machine of its own; where a competition limits the time of all
    decisions, it stays.
    """
    return overload if overload.total_seconds else overload.replaced(seconds=0.0)


def load_policy(folder: Path, settings: AgentSettings) -> Policy | None:
    """The policy of an agent folder, or None where its settings name no features.

    Raises
    ------
    PowrlError
        It is missing or damaged, or there is one that has no features to read.
    """
    is_there = (folder / POLICY_FILE).exists()
    if settings.observation:
        if not is_there:
            raise ConfigurationError(
                f"there is no policy {folder / POLICY_FILE}; add it, or set observation to [] in "
                f"{AGENT_FILE} for an agent without one."
            )
        return Policy.load(folder / POLICY_FILE)
    if is_there:
        raise ConfigurationError(
            f"{folder} has a {POLICY_FILE}, but its {AGENT_FILE} names no features that it reads; "
            "name them, or remove the file."
        )
    return None
