"""A small environment folder with scenarios of a few rows."""

from __future__ import annotations

import bz2
import shutil
from pathlib import Path

import grid2op
import pytest

BUNDLED = Path(grid2op.__file__).parent / "data"
ROWS = 12
WEEKS = ("2019-01-01", "2019-04-01", "2019-07-01", "2019-10-01")


@pytest.fixture(scope="session")
def _small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = BUNDLED / "rte_case5_example"
    folder = tmp_path_factory.mktemp("data") / "case5"
    folder.mkdir()
    for path in source.iterdir():
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
    scenario = folder / "chronics" / WEEKS[0]
    scenario.mkdir(parents=True)
    for path in sorted((source / "chronics" / "00").iterdir()):
        if path.name.endswith(".csv.bz2"):
            lines = bz2.decompress(path.read_bytes()).decode().splitlines(keepends=True)
            (scenario / path.name.removesuffix(".bz2")).write_text("".join(lines[: ROWS + 1]))
        else:
            shutil.copyfile(path, scenario / path.name)
    for name in WEEKS[1:]:
        shutil.copytree(scenario, scenario.with_name(name))
    return folder


@pytest.fixture
def small_folder(_small_folder: Path, tmp_path: Path) -> Path:
    """An environment of five substations with four scenarios."""
    return Path(shutil.copytree(_small_folder, tmp_path / "case5"))
