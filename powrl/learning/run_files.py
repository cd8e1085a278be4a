"""The files that a run folder of a training begins with, which are all that --resume needs."""

from __future__ import annotations

import json
from pathlib import Path

from ..configuration.loading import load_configuration
from ..configuration.sections import Configuration
from ..environments.opening import BUNDLED, DOWNLOAD
from ..player.files import read_text, write_text_whole
from ..player.plugins import PLUGIN_FOLDER
from ..workspace.plugin_files import plugin_sources, write_sources
from ..workspace.runs import command_line
from ..workspace.versions import versions

CONFIGURATION_FILE = "configuration.yaml"
ACTIONS_FILE = "actions.json"


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
    start = {"command": command_line(), "versions": versions()}
    write_text_whole(folder / "run.json", json.dumps(start, indent=1) + "\n")
    return load_configuration(folder / CONFIGURATION_FILE)
