from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from powrl.submission.package import package_agent
from tests.agents import make_agent_folder


@pytest.fixture(scope="session")
def agent_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_agent_folder(tmp_path_factory.mktemp("agents") / "small", "rte_case14_realistic")


@pytest.fixture(scope="session")
def packaged(agent_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of a small agent."""
    return package_agent(agent_folder, tmp_path_factory.mktemp("zips") / "small.zip")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder
