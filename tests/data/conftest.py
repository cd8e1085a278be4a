"""A small environment folder with scenarios of a few rows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.short_scenarios import BUNDLED, with_rows

ROWS = 12
WEEKS = ("2019-01-01", "2019-04-01", "2019-07-01", "2019-10-01")


@pytest.fixture(scope="session")
def _small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("data")
    copy = with_rows(BUNDLED / "rte_case5_example", parent, ["00"], range(ROWS))
    folder = copy.rename(parent / "case5")
    scenario = (folder / "chronics" / "00").rename(folder / "chronics" / WEEKS[0])
    for name in WEEKS[1:]:
        shutil.copytree(scenario, scenario.with_name(name))
    return folder


@pytest.fixture
def small_folder(_small_folder: Path, tmp_path: Path) -> Path:
    """An environment of five substations with four scenarios."""
    return Path(shutil.copytree(_small_folder, tmp_path / "case5"))
