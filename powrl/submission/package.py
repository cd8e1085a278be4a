"""Packaging an agent folder as a submission zip that needs no installed powrl."""

from __future__ import annotations

import json
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import IO

from .. import __version__
from ..editions.editions import Edition
from ..environments.opening import Scenarios, bundled_environments, open_environment, single_mixes
from ..errors import PowrlError
from ..player.actions.action_set import ActionSet
from ..player.agent import load_agent, require_fit
from ..player.agent_folder import ACTIONS_FILE, AGENT_FILE, POLICY_FILE, AgentSettings, load_policy
from ..player.array_file import MAX_BYTES
from ..player.files import (
    read_bytes,
    refuse_overwriting,
    refusing_unwritable,
    require_writable,
    write_whole,
)
from ..player.grid.layout import GridLayout
from ..player.plugins import PLUGIN_FOLDER
from ..storage.json_file import read_json_object
from .plugins import travelling_plugins
from .runtime import (
    AGENT_FILES,
    AGENT_FOLDER,
    ENTRY,
    ENTRY_FILE,
    METADATA,
    OPTIONAL_AGENT_FILES,
    RUNTIME_FOLDER,
    vendored_sources,
)

# the earliest of the zip format, so that the bytes do not depend on when
_DATE = (1980, 1, 1, 0, 0, 0)


SECONDS_PER_DECISION = 1.0
"""The longest that a decision may take where an edition limits the time of all of them."""

TIME_USED = 0.9
"""Of the time that an edition allows: its clock may count more than ours."""


def package_agent(
    folder: Path, output: Path | None = None, force: bool = False, edition: Edition | None = None
) -> Path:
    """Write the submission zip of an agent folder; the same agent gives the same bytes.

    Parameters
    ----------
    output:
        The zip to write; ``submissions/<environment>-<folder name>.zip`` when left out.
    force:
        Overwrite a zip that is already there.
    edition:
        The competition that it is for, whose limit of time the agent then keeps.

    Returns
    -------
    Path
        The zip.

    Raises
    ------
    PowrlError
        The agent is damaged, its parts do not fit, it is for another edition, or a plug-in cannot
        run on a server; `output` exists, cannot be written, or is no name of a zip.
    """
    settings = AgentSettings.load(folder)
    name = f"{settings.environment}-{folder.resolve().name}"
    output = output or Path("submissions") / f"{name}.zip"
    if output.suffix != ".zip":
        raise PowrlError(f"{output} has another ending than .zip; give --output one with it.")
    refuse_overwriting(output, force)
    if folder.resolve() in output.resolve().parents:
        raise PowrlError(f"{output} lies in the agent's own folder; choose another --output.")
    require_writable(output.parent)
    _require_working_agent(folder, settings)
    if edition is not None:
        settings = _within_time(settings, edition)
    entries = _entries(folder, settings, f"powrl {__version__}, agent {name}\n")
    with refusing_unwritable(output):
        output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, lambda file: _write_zip(file, entries))
    return output


def _require_working_agent(folder: Path, settings: AgentSettings) -> None:
    """Refuse an agent whose parts do not fit each other, or its environment where it is at hand."""
    path = folder / ACTIONS_FILE
    layout = _described_layout(path)
    actions = ActionSet.load(path, layout)
    require_fit(_sizes(layout), settings, actions, load_policy(folder, settings))
    settings.overload.require_lines(layout.lines)
    if settings.environment in bundled_environments():
        for mix in single_mixes(Scenarios(settings.environment)):
            with closing(open_environment(mix)) as environment:
                load_agent(folder, environment)


def _within_time(settings: AgentSettings, edition: Edition) -> AgentSettings:
    """The settings with the time that an edition allows."""
    if settings.environment not in edition.environments:
        raise PowrlError(
            f"the agent is for {settings.environment}, but {edition.title} played "
            f"{edition.environments[0]}; give another agent or another --edition."
        )
    if not edition.seconds:
        return settings
    overload = settings.overload.replaced(
        seconds=settings.overload.seconds or SECONDS_PER_DECISION,
        total_seconds=TIME_USED * edition.seconds,
        total_steps=edition.steps,
    )
    return replace(settings, overload=overload)


def _described_layout(path: Path) -> GridLayout:
    """The grid that an action file says it is for."""
    advice = "make it again: powrl reduce"
    body = read_json_object(path, advice)
    try:
        return GridLayout.from_json(body["grid"], f"the action file {path}")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PowrlError(
            f"{path} is no action file with its grid ({type(error).__name__}: {error}); {advice}."
        ) from error


def _sizes(layout: GridLayout) -> SimpleNamespace:
    """The sizes of a grid, under the names that grid2op gives them."""
    elements = [element for part in layout.elements for element in part]
    return SimpleNamespace(
        n_sub=len(layout.substations),
        n_line=len(layout.lines),
        n_load=sum(e.startswith("load ") for e in elements),
        n_gen=sum(e.startswith("generator ") for e in elements),
        dim_topo=len(elements),
    )


def _entries(folder: Path, settings: AgentSettings, metadata: str) -> dict[str, bytes]:
    """Name in the zip -> content."""
    entries = {
        METADATA: metadata.encode(),
        ENTRY_FILE: ENTRY.encode(),
    }
    for name, source in vendored_sources().items():
        entries[f"{RUNTIME_FOLDER}/{name}"] = read_bytes(source)
    optional = [name for name in OPTIONAL_AGENT_FILES if (folder / name).is_file()]
    policy = [POLICY_FILE] if settings.observation else []
    for name in (*AGENT_FILES, *policy, *optional):
        entries[f"{AGENT_FOLDER}/{name}"] = _own_file(folder, name)
    for name, content in travelling_plugins(settings).items():
        entries[f"{AGENT_FOLDER}/{PLUGIN_FOLDER}/{name}"] = content
    if settings != AgentSettings.load(folder):
        body = json.dumps(settings.to_json(), indent=1) + "\n"
        entries[f"{AGENT_FOLDER}/{AGENT_FILE}"] = body.encode()
    return entries


def _own_file(folder: Path, name: str) -> bytes:
    """A file of the agent itself: what a link leads to elsewhere is not for others to read.

    Raises
    ------
    PowrlError
        It lies elsewhere, or cannot be read.
    """
    path = folder / name
    if folder.resolve() not in path.resolve().parents:
        raise PowrlError(
            f"{path} is a link to {path.resolve()}; put the file itself there, since a zip is for "
            "others to read."
        )
    try:
        return read_bytes(path, MAX_BYTES)
    except OSError as error:
        raise PowrlError(f"{path} cannot be read ({error.strerror}); mend it.") from error


def _write_zip(file: IO[bytes], entries: dict[str, bytes]) -> None:
    # stored, not deflated: other versions of zlib give other bytes, and the policy is compressed
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name])
