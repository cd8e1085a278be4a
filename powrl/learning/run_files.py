"""The files that a run folder of a training begins with, which are all that --resume needs."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from ..configuration.loading import load_configuration
from ..configuration.sections import Configuration, SplitName
from ..environments.opening import BUNDLED, DOWNLOAD
from ..errors import PowrlError
from ..player.files import read_text, write_text_whole
from ..player.plugins import PLUGIN_FOLDER
from ..storage.digest import digest_of, digest_of_json
from ..storage.environment_digest import (
    CHRONICS,
    require_same_scenarios,
    scenario_digests,
)
from ..storage.json_file import read_json_object
from ..workspace.plugin_files import plugin_sources, write_sources
from ..workspace.runs import command_line
from ..workspace.versions import versions

CONFIGURATION_FILE = "configuration.yaml"
ACTIONS_FILE, START_FILE = "actions.json", "run.json"
_ANEW = "start the training anew"
_SPLITS: tuple[SplitName, ...] = ("train", "validation")


class Start(TypedDict, total=False):
    """What `START_FILE` holds; that of an older powrl has less.

    Attributes
    ----------
    command, versions:
        The command line, and the versions of all that computes.
    files:
        Name of each file that the training is made from -> digest.
    scenarios:
        Split -> scenario -> digest of what it is played from.
    """

    command: str
    versions: dict[str, str]
    files: dict[str, str]
    scenarios: dict[str, dict[str, str]]


_START = TypeAdapter(Start)


def write_start(folder: Path, configuration: Configuration) -> Configuration:
    """Write the configuration, its actions and its plug-ins to a run folder.

    Returns
    -------
    Configuration
        That of the run folder, which reads the copies.

    Raises
    ------
    PowrlError
        The folder cannot be written.
    """
    sources = plugin_sources(configuration.plugins(), configuration.plugin_folders())
    write_sources(sources, folder / PLUGIN_FOLDER)
    if configuration.actions != "unitary":
        actions = read_text(Path(configuration.actions))
        write_text_whole(folder / ACTIONS_FILE, actions)
        configuration = configuration.model_copy(update={"actions": ACTIONS_FILE})
    if configuration.scenarios.data not in (BUNDLED, DOWNLOAD):
        data = str(Path(str(configuration.scenarios.data)).resolve())
        scenarios = configuration.scenarios.model_copy(update={"data": data})
        configuration = configuration.model_copy(update={"scenarios": scenarios})
    write_text_whole(folder / CONFIGURATION_FILE, configuration.to_yaml())
    start = {
        "command": command_line(),
        "versions": versions(),
        "files": _files(folder),
        "scenarios": _scenario_digests(configuration),
    }
    write_text_whole(folder / START_FILE, json.dumps(start, indent=1) + "\n")
    return load_configuration(folder / CONFIGURATION_FILE)


def read_start(folder: Path) -> Start:
    """What a training began with; empty where an older powrl began it.

    Raises
    ------
    PowrlError
        The file cannot be read, or is damaged.
    """
    path = folder / START_FILE
    start = Start(command="", versions={})
    if path.exists():
        body = read_json_object(path, _ANEW)
        try:
            start.update(_START.validate_python(body, strict=True))
        except ValidationError as error:
            raise PowrlError(f"{path} is damaged; restore it, or {_ANEW}.") from error
    return start


def require_same_start(folder: Path) -> None:
    """Refuse a run folder whose configuration, actions or plug-ins have changed.

    Raises
    ------
    PowrlError
        One of them has.
    """
    before, now = read_start(folder).get("files", {}), _files(folder)
    for name in sorted({*before, *now} if before else ()):
        if before.get(name) != now.get(name):
            raise PowrlError(
                f"{folder / name} is not what the training began with; restore it, or start the "
                "training anew."
            )


def require_same_environments(folder: Path, configuration: Configuration) -> None:
    """Refuse to go on with scenarios that are not those that a training began with.

    Those of a run that an older powrl began, and those that an installed package brings, are not
    compared.

    Parameters
    ----------
    folder, configuration:
        The run folder, and its configuration with the place of the scenarios as it is now.

    Raises
    ------
    PowrlError
        The time series of a scenario, or other files of its environment folder, have changed.
    """
    before = read_start(folder).get("scenarios")
    if before is None:
        return
    now = _scenario_digests(configuration)
    for split in _SPLITS:
        source = Path(str(configuration.scenarios_of(split).source))
        require_same_scenarios(before.get(split, {}), now.get(split, {}), source, "training")


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run folder, the last one at the end; without any nothing goes on."""
    return sorted(folder.glob("checkpoint-*.pt"))


def start_digest(folder: Path) -> str:
    """A digest of what a training began with; empty where an older powrl began it."""
    before = read_start(folder).get("files")
    return digest_of_json(before) if before else ""


def _scenario_digests(configuration: Configuration) -> dict[str, dict[str, str]]:
    """Split -> scenario -> digest of what it is played from, for those of a folder of the user."""
    if configuration.scenarios.data in (None, BUNDLED, DOWNLOAD):
        return {}
    digests: dict[str, dict[str, str]] = {}
    for split in _SPLITS:
        scenarios = configuration.scenarios_of(split)
        source, pattern = Path(scenarios.source), re.compile(scenarios.names)
        names = [path.name for path in (source / CHRONICS).iterdir() if path.is_dir()]
        digests[split] = scenario_digests(source, filter(pattern.fullmatch, names))
    return digests


def _files(folder: Path) -> dict[str, str]:
    """Name of each file that a training is made from -> digest."""
    plugins = (folder / PLUGIN_FOLDER).rglob("*.py")
    paths = [folder / CONFIGURATION_FILE, folder / ACTIONS_FILE, *plugins]
    return {path.relative_to(folder).as_posix(): digest_of(path) for path in paths if path.exists()}
