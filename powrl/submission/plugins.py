"""The plug-ins that a submission carries: their files, if a server can run them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path, PurePosixPath

from ..errors import NotSupportedError
from ..player.agent_folder import AgentSettings
from ..player.plugins import plugin_file
from ..workspace.plugin_files import plugin_sources

OLDEST = (3, 8)
"""The oldest Python of a competition's server."""

PRESENT = {*sys.stdlib_module_names, "numpy", "scipy", "grid2op"}
"""Modules that every server has."""

_PLAYER = "powrl.player"


def travelling_plugins(settings: AgentSettings) -> dict[str, bytes]:
    """Read the files of an agent's plug-ins, for its zip.

    Parameters
    ----------
    settings:
        Those of a loaded agent, which know where its plug-ins lie.

    Returns
    -------
    dict
        Path below the agent's folder of plug-ins -> content.

    Raises
    ------
    NotSupportedError
        A plug-in lies outside the agent, or imports what a server does not have.
    """
    references = settings.plugins()
    for reference in references:
        if plugin_file(reference, settings.plugin_folders) is None:
            raise NotSupportedError(
                f"the plug-in {reference} lies outside the agent, and a server does not have it; "
                "put its file beside the configuration and train again."
            )
    sources = plugin_sources(references, settings.plugin_folders)
    for name, content in sources.items():
        _require_inside(name, settings.plugin_folders)
        _require_runnable(name, content, set(sources))
    return sources


def _require_inside(name: str, folders: Sequence[Path]) -> None:
    for folder in folders:
        path = folder / name
        if path.is_file() and folder.resolve() not in path.resolve().parents:
            raise NotSupportedError(
                f"the plug-in file {path} is a link to {path.resolve()}; put the file itself "
                "there, since a zip is for others to read."
            )


def _require_runnable(name: str, content: bytes, names: set[str]) -> None:
    try:
        tree = ast.parse(content, name, feature_version=OLDEST)
    except SyntaxError as error:
        raise NotSupportedError(
            f"the plug-in file {name} is no Python {OLDEST[0]}.{OLDEST[1]} ({error}), which the "
            "servers of some competitions have; write it in older words."
        ) from error
    for module in _imports(tree, PurePosixPath(name), names):
        if not _is_present(module):
            raise NotSupportedError(
                f"the plug-in file {name} imports {module}, which a server does not have; use the "
                "standard library, numpy, scipy, grid2op, powrl.player and relative imports alone."
            )


def _imports(tree: ast.AST, path: PurePosixPath, names: set[str]) -> Iterator[str]:
    """What a file imports beside the files that travel."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _missing_files(node, path, names)


def _missing_files(node: ast.ImportFrom, path: PurePosixPath, names: set[str]) -> Iterator[str]:
    """Relative imports whose files do not travel."""
    parents = list(path.parents)
    dots = "." * node.level
    if node.level > len(parents):
        yield f"{dots}{node.module or ''}"
        return
    base = parents[node.level - 1]
    module = base.joinpath(*node.module.split(".")) if node.module else base
    for alias in node.names:
        places = (module, module / alias.name)
        files = {file for place in places for file in (f"{place}.py", f"{place}/__init__.py")}
        if not files & names:
            yield f"{dots}{node.module or alias.name}"


def _is_present(name: str) -> bool:
    """Whether a server has a module, or a name in one; of powrl it has the player."""
    top = name.partition(".")[0]
    if top != "powrl":
        return top in PRESENT
    if name in ("powrl", _PLAYER) or name.startswith(f"{_PLAYER}."):
        return True
    # while a plug-in loads on a server, ``powrl`` is the player
    return hasattr(import_module(_PLAYER), name.partition(".")[2])
