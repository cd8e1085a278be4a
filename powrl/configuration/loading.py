"""Reading a configuration from a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from ..errors import ConfigurationError, PowrlError, wrong_value
from ..player.errors import did_you_mean
from ..player.files import checked_path
from ..player.plugins import PLUGIN_FOLDER
from ..storage.yaml_file import read_mapping
from ..workspace.shipped import shipped_configurations
from .overrides import apply_override
from .plugins import require_plugins
from .pydantic_errors import explain_file
from .sections import Configuration


def load_configuration(
    source: str | Path, overrides: Sequence[str] = (), data: str | None = None
) -> Configuration:
    """Read a configuration file, or a shipped configuration by name.

    Parameters
    ----------
    overrides:
        ``"key.path=value"``, the value in YAML.
    data:
        Replaces ``scenarios.data``.

    Raises
    ------
    ConfigurationError
        The file is missing or no YAML; or it has an unknown key, a wrong type, an impossible value
        or a plug-in that cannot be used. The message has the path of the key, its value and the
        allowed ones.
    NotSupportedError
        The engine cannot play what the configuration asks for.

    Examples
    --------
    >>> load_configuration("case14", ["training.seed=3"]).training.seed
    3
    """
    path = _find(source)
    body = read_mapping(path, "configuration")
    if isinstance(overrides, str) or not isinstance(overrides, Sequence):
        raise ConfigurationError(wrong_value("overrides", overrides, "a list of key.path=value"))
    for override in overrides:
        apply_override(body, override)
    if data is not None:
        apply_override(body, "scenarios.data=null")
        body["scenarios"]["data"] = data
    try:
        configuration = Configuration.model_validate(body)
    except ValidationError as error:
        text = explain_file(error, Configuration, "the configuration", overrides)
        raise ConfigurationError(f"{path}: {text}.") from error
    if configuration.actions != "unitary":
        actions = str((path.parent / configuration.actions).resolve())
        configuration = configuration.model_copy(update={"actions": actions})
    if not configuration.plugins():
        return configuration
    configuration = configuration.with_plugins_in(*_plugin_folders(path))
    try:
        require_plugins(configuration)
    except PowrlError as error:
        raise type(error)(f"{path}: {error}") from error
    return configuration


def _plugin_folders(path: Path) -> list[Path]:
    """Where the plug-ins of a configuration file may lie; a run folder has its own copies."""
    folders = (path.parent / PLUGIN_FOLDER, path.parent, Path())
    return [folder for folder in folders if folder.is_dir()]


def _find(source: str | Path) -> Path:
    path = checked_path(source, "configuration")
    shipped = shipped_configurations()
    if not path.is_file() and str(source) in shipped:
        return shipped[str(source)]
    if not path.is_file():
        raise ConfigurationError(
            f"there is no configuration {source}: give a YAML file, or one of {', '.join(shipped)}."
            f"{did_you_mean(str(source), shipped)}"
        )
    return path
