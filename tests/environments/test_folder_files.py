"""What grid2op cannot read is told with the file, the row and what it should be."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from powrl.environments import packed_files
from powrl.environments.folder_files import (
    explain_failure,
    explain_scenario,
    require_regular_files,
)
from powrl.player.errors import PowrlError

TABLE = "a;b\n1;2\n3;4\n"


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    folder = tmp_path / "chronics" / "week 1"
    folder.mkdir(parents=True)
    (tmp_path / "grid.json").write_text('{"_object": {}}', encoding="utf-8")
    for name in ("load_p", "load_q", "prod_p"):
        (folder / f"{name}.csv").write_text(TABLE, encoding="utf-8")
    (folder / "prod_v.csv.bz2").write_bytes(bz2.compress(TABLE.encode()))
    (folder / "start_datetime.info").write_text("2019-01-06 00:00\n", encoding="utf-8")
    return folder


def written(name: str, text: str) -> Callable[[Path], None]:
    return lambda scenario: (scenario / name).write_text(text, encoding="utf-8") and None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (written("start_datetime.info", "2019-01-06 00:00:00"), "needs a date as 2019-01-06 00:00"),
        (written("start_datetime.info", "06/01/2019"), "needs a date"),
        (written("time_interval.info", "5 min"), "needs hours and minutes as 00:05"),
        (written("load_p.csv", "a;b\n1;2\n"), r"load_p\.csv has 1 row, and 2 are needed"),
        (written("load_p.csv", ""), r"load_p\.csv has 0 rows"),
        (written("load_p.csv", TABLE + "5;6\n"), r"load_p\.csv has 3 rows and .*csv has 2"),
        (written("load_p.csv", "a;b\n1;2\n3;x\n"), r"load_p\.csv, row 2, column b: 'x' is no num"),
        (written("load_p.csv", "a;b\n1;2\n3;inf\n"), "'inf' is no number"),
        (written("load_p.csv", "a;b\n1;2\n3\n"), "row 2: it has 1 column, its header 2"),
        (written("load_p.csv", TABLE.replace(";", ",")), "has commas between its columns"),
        (written("prod_v.csv.bz2", "no bz2"), "cannot be read"),
        (written("../../grid.json", "{}"), r"grid\.json is no grid that pandapower has written"),
        (written("../../grid.json", ""), r"grid\.json is no JSON"),
    ],
)
def test_the_file_and_the_place_are_named(
    scenario: Path, change: Callable[[Path], None], message: str
) -> None:
    folder = scenario.parents[1]
    assert explain_failure(folder) is None
    change(scenario)
    with pytest.raises(PowrlError, match=message):
        raise PowrlError(explain_failure(folder))


def test_gaps_and_spreadsheets_of_others_are_no_failure(scenario: Path) -> None:
    (scenario / "load_p.csv").write_text("\ufeffa;b\n1;\n3;4\n", encoding="utf-8")
    (scenario / "load_q.csv").unlink()
    (scenario / "load_q.csv.zip").write_bytes(b"PK")
    assert explain_scenario(scenario) is None


@pytest.mark.parametrize(
    "place", ["chronics/week 1/load_p.csv", "chronics/week 1/notes/old/new", "grid.json", "a/new"]
)
@pytest.mark.parametrize("kind", ["pipe", "device", "loop", "nowhere", "sparse"])
def test_only_regular_files_are_let_in(scenario: Path, place: str, kind: str) -> None:
    folder = scenario.parents[1]
    require_regular_files(folder)
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "sparse":
        with path.open("wb") as file:
            file.truncate(10**12)
    else:
        path.symlink_to({"device": "/dev/zero", "loop": path, "nowhere": "none"}[kind])
    with pytest.raises(PowrlError, match="replace or remove it"):
        require_regular_files(folder)


def test_a_link_to_a_folder_around_it_is_refused(scenario: Path) -> None:
    (scenario / "up").symlink_to("..")
    with pytest.raises(PowrlError, match="is a link to a folder that holds it"):
        require_regular_files(scenario.parents[1])


def test_links_of_two_folders_to_each_other_are_refused(scenario: Path) -> None:
    for name, other in (("first", "second"), ("second", "first")):
        (scenario / name).mkdir()
        (scenario / name / "link").symlink_to(scenario / other)
    with pytest.raises(PowrlError, match="is a link to a folder that holds it"):
        require_regular_files(scenario.parents[1])


def test_scenarios_may_be_links(scenario: Path, tmp_path: Path) -> None:
    (scenario.parent / "week 2").symlink_to(scenario)
    require_regular_files(tmp_path)


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress, lzma.compress])
def test_what_unpacks_to_gigabytes_is_refused(
    scenario: Path, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_files, "MOST_UNPACKED", 5 * 10**5)
    suffix = {"bz2": ".bz2", "gzip": ".gz", "lzma": ".xz"}[pack.__module__.strip("_")]
    path = scenario / f"load_q.csv{suffix}"
    path.write_bytes(pack(b"0;0\n" * 10**5))
    require_regular_files(scenario.parents[1])  # much of the same, and not too much
    path.write_bytes(pack(b"0;0\n" * 2 * 10**5))
    with pytest.raises(PowrlError, match=rf"load_q\.csv\{suffix} unpacks to more than .* GB"):
        require_regular_files(scenario.parents[1])
    path.write_bytes(b"no packed file")
    require_regular_files(scenario.parents[1])


def test_forecasts_without_a_column_are_told(scenario: Path) -> None:
    (scenario / "load_p_forecasted.csv").write_text("b\n2\n4\n", encoding="utf-8")
    assert explain_scenario(scenario) == (
        f"{scenario / 'load_p_forecasted.csv'} has no column a, which load_p.csv has"
    )
    (scenario / "load_p_forecasted.csv").write_text("b;a\n2;1\n4;3\n", encoding="utf-8")
    assert explain_scenario(scenario) is None
