from __future__ import annotations

from pathlib import Path

import pytest

from tests.agents import make_agent_folder


@pytest.fixture(scope="session")
def agent_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_agent_folder(tmp_path_factory.mktemp("agents") / "small", "rte_case14_realistic")
