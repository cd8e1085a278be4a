"""Submission zips of a few lines, for tests."""

from __future__ import annotations

import zipfile
from pathlib import Path

ENVIRONMENT = "rte_case14_realistic"

DO_NOTHING = """
from grid2op.Agent import DoNothingAgent

def make_agent(env, this_directory_path):
    return DoNothingAgent(env.action_space)
"""


def acting(*lines: str) -> str:
    """The source of a submission whose agent's `act` consists of these lines."""
    body = "\n        ".join(lines)
    return f"""
from grid2op.Agent import BaseAgent

class Agent(BaseAgent):
    steps = 0

    def act(self, observation, reward, done=False):
        self.steps += 1
        {body}

def make_agent(env, this_directory_path):
    return Agent(env.action_space)
"""


def write_zip(path: Path, source: str = DO_NOTHING, **files: str) -> Path:
    """A submission zip with this ``submission/__init__.py``, and other files beside it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata", "test")
        archive.writestr("submission/__init__.py", source)
        for name, content in files.items():
            archive.writestr(f"submission/{name}", content)
    return path
