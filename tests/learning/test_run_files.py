"""A training goes on with what it began with, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from powrl.configuration.loading import load_configuration
from powrl.learning.run_files import (
    require_same_environments,
    require_same_start,
    start_digest,
    write_start,
)
from powrl.player.errors import PowrlError


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_start(tmp_path, load_configuration("case14"))
    return tmp_path


def test_what_a_training_began_with_is_let_in(run: Path) -> None:
    require_same_start(run)
    assert len(start_digest(run)) == 64


def test_an_edited_configuration_is_refused(run: Path) -> None:
    path = run / "configuration.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("seed: 0", "seed: 1"), "utf-8")
    with pytest.raises(PowrlError, match=r"configuration\.yaml is not what the training began"):
        require_same_start(run)


def test_a_plug_in_that_came_later_is_refused(run: Path) -> None:
    (run / "plugins").mkdir()
    (run / "plugins" / "mine.py").touch()
    with pytest.raises(PowrlError, match=r"plugins/mine\.py is not what the training began with"):
        require_same_start(run)


def test_a_run_of_an_older_powrl_goes_on(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    require_same_start(tmp_path)
    assert start_digest(tmp_path) == ""


@pytest.mark.parametrize(
    "text",
    ['{"files": 5}', '{"files": {"a": 1}}', '{"scenarios": {"train": 5}}', '{"command": []}', "[]"],
)
def test_an_edited_start_is_refused(run: Path, text: str) -> None:
    (run / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(PowrlError, match=r"run\.json (is damaged|cannot be read).* anew\."):
        require_same_start(run)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two scenarios of a grid; nothing reads what is in their files."""
    for name in ("000", "001"):
        (tmp_path / "data" / "chronics" / name).mkdir(parents=True)
        (tmp_path / "data" / "chronics" / name / "load_p.csv").write_text("a\n1\n")
    (tmp_path / "data" / "grid.json").write_text("{}")
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("changed", "scenario"), [("chronics/001/load_p.csv", "001"), ("grid.json", "000")]
)
def test_other_time_series_or_another_grid_are_refused_by_name(
    tmp_path: Path, data: Path, changed: str, scenario: str
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    configuration = write_start(run, load_configuration("case14", data=str(data)))
    require_same_environments(run, configuration)
    (data / changed).write_text("b")
    with pytest.raises(PowrlError, match=f"of the scenario {scenario}, or other files of {data}"):
        require_same_environments(run, configuration)


def test_time_series_in_another_place_are_let_in(tmp_path: Path, data: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    write_start(run, load_configuration("case14", data=str(data)))
    moved = data.rename(tmp_path / "moved")
    require_same_environments(run, load_configuration("case14", data=str(moved)))
