"""The agents and configurations that travel with powrl."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import PowrlError

_PACKAGE = Path(__file__).parents[1]


def shipped_folder(kind: str) -> Path:
    """The folder ``agents`` or ``configs``: inside an installed wheel, else in the checkout."""
    installed = _PACKAGE / "shipped_files" / kind
    return installed if installed.is_dir() else _PACKAGE.parent / kind


def shipped_agents() -> dict[str, Path]:
    """``<environment>/<name>`` -> folder, for each shipped agent."""
    folders = sorted(shipped_folder("agents").glob("*/*/agent.json"))
    return {f"{path.parent.parent.name}/{path.parent.name}": path.parent for path in folders}


def find_agent(given: str) -> Path:
    """The folder of an agent given as a path or as the ``<environment>/<name>`` of a shipped one.

    Raises
    ------
    PowrlError
        It is neither.
    """
    agents = shipped_agents()
    if given in agents:
        return agents[given]
    if os.path.isdir(given):  # noqa: PTH112 - pathlib raises on a name that is too long
        return Path(given)
    raise PowrlError(
        f"there is no agent {given!r}: give the folder of an agent, or one of "
        f"{', '.join(agents) or 'none shipped'}."
    )


def shipped_configurations() -> dict[str, Path]:
    """Name -> file, for each shipped configuration."""
    return {path.stem: path for path in sorted(shipped_folder("configs").glob("*.yaml"))}
