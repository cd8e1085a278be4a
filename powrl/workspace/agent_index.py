"""The shipped agents as artefacts: the version, digest and summary of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigurationError
from ..player.agent_folder import ACTIONS_FILE, AGENT_FILE, POLICY_FILE
from ..player.plugins import PLUGIN_FOLDER
from ..storage.digest import digest_of
from ..storage.json_file import read_json_object
from .shipped import shipped_folder

INDEX_FILE = "index.json"

HEADINGS = (
    *("What it is", "How it was made", "Scores", "Cost", "Time per decision"),
    "What it is bad at",
)
"""Headings that the card of each agent has, in this order; others may follow."""


@dataclass(frozen=True)
class AgentRecord:
    """What the index holds of a shipped agent.

    Attributes
    ----------
    version:
        A new major version decides by other rules or another policy, a new minor one by other
        settings.
    digest:
        SHA-256 of the files that decide (`digest_of_agent`), 64 hexadecimal digits.
    summary:
        What it is, in one line.
    """

    version: str
    digest: str
    summary: str


def digest_of_agent(folder: Path) -> str:
    """SHA-256 of the files that an agent decides by: all but its card.

    Parameters
    ----------
    folder:
        An agent folder.

    Returns
    -------
    str
        64 hexadecimal digits; the same for the same files in another folder.

    Raises
    ------
    PowrlError
        A file cannot be read.

    Examples
    --------
    >>> from powrl.workspace.shipped import find_agent
    >>> len(digest_of_agent(find_agent("rte_case14_realistic/powrl")))
    64
    """
    names = (AGENT_FILE, ACTIONS_FILE, POLICY_FILE, PLUGIN_FOLDER)
    return digest_of(*(folder / name for name in names if (folder / name).exists()))


def agent_index() -> dict[str, AgentRecord]:
    """``<environment>/<name>`` -> what the index holds, for each shipped agent.

    Raises
    ------
    ConfigurationError
        The index is damaged.
    """
    path = shipped_folder("agents") / INDEX_FILE
    body = read_json_object(path, "install powrl again")
    try:
        return {name: AgentRecord(**record) for name, record in body.items()}
    except TypeError as error:
        raise ConfigurationError(f"{path} is damaged; install powrl again.") from error
