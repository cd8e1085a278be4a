"""The agents and configurations that travel with powrl, and agents that a user names."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import PowrlError
from ..player.errors import did_you_mean
from ..player.files import require_utf8

AGENT_FILE = "agent.json"
_RUN_AGENT, _RUN_FILES = "agent", ("configuration.yaml", "run.json")
_PACKAGE = Path(__file__).parents[1]


def shipped_folder(kind: str) -> Path:
    """The folder ``agents`` or ``configs``: inside an installed wheel, else in the checkout."""
    installed = _PACKAGE / "shipped_files" / kind
    return installed if installed.is_dir() else _PACKAGE.parent / kind


def shipped_agents() -> dict[str, Path]:
    """``<environment>/<name>`` -> folder, for each shipped agent."""
    folders = sorted(shipped_folder("agents").glob(f"*/*/{AGENT_FILE}"))
    return {f"{path.parent.parent.name}/{path.parent.name}": path.parent for path in folders}


def find_agent(text: str) -> Path:
    """The folder of an agent.

    Parameters
    ----------
    text:
        Path of an agent folder or of the run folder of a training, or the
        ``<environment>/<name>`` of a shipped agent.

    Raises
    ------
    PowrlError
        The text is none of these, or the training has not written its agent yet.

    Examples
    --------
    >>> find_agent("l2rpn_icaps_2021/search").name
    'search'
    """
    require_utf8(text)
    agents = shipped_agents()
    if text in agents:
        return agents[text]
    if os.path.isdir(text):  # noqa: PTH112 - pathlib raises on a name that is too long
        return _agent_in(Path(text))
    of_environment = [name for name in agents if name.partition("/")[0] == text]
    hint = "" if of_environment else did_you_mean(text, agents)
    raise PowrlError(
        f"there is no agent {text!r}: give the folder of an agent, or one of "
        f"{', '.join(of_environment or agents) or 'none shipped'}.{hint}"
    )


def _agent_in(folder: Path) -> Path:
    """The folder itself, or the agent inside the run folder of a training."""
    if (folder / AGENT_FILE).exists():
        return folder
    if (folder / _RUN_AGENT / AGENT_FILE).exists():
        return folder / _RUN_AGENT
    if all((folder / name).exists() for name in _RUN_FILES):
        raise PowrlError(
            f"the training {folder} has not written its agent yet; go on with it: powrl train "
            f"--resume {folder}."
        )
    return folder


def shipped_configurations() -> dict[str, Path]:
    """Name -> file, for each shipped configuration."""
    return {path.stem: path for path in sorted(shipped_folder("configs").glob("*.yaml"))}
