"""What a submission zip holds: the run-time part of powrl, the agent's files and their places."""

from __future__ import annotations

from pathlib import Path

from .. import player
from ..player.agent_folder import ACTIONS_FILE, AGENT_FILE, CARD_FILE

METADATA = "metadata"
SUBMISSION = "submission"
ENTRY_FILE = f"{SUBMISSION}/__init__.py"
AGENT_FOLDER = f"{SUBMISSION}/agent"
RUNTIME_FOLDER = f"{SUBMISSION}/powrl_runtime"

AGENT_FILES = (AGENT_FILE, ACTIONS_FILE)
OPTIONAL_AGENT_FILES = (CARD_FILE,)

ENTRY = '''\
"""A powrl agent as an L2RPN submission: its code and its files, all in this folder."""

from pathlib import Path

from .powrl_runtime.agent import load_agent

__all__ = ["make_agent"]


def make_agent(env, this_directory_path):
    """The agent for `env`; it finds its files beside this one, wherever that lies."""
    return load_agent(Path(__file__).resolve().parent / "agent", env)
'''

_PLAYER = Path(player.__file__).parent


def vendored_sources() -> dict[str, Path]:
    """Path below the package ``powrl.player`` -> source file: all code that a zip carries."""
    return {file.relative_to(_PLAYER).as_posix(): file for file in sorted(_PLAYER.rglob("*.py"))}
