"""What is wrong with an environment folder is told with file, place and remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from powrl.data.check import check_folder
from powrl.data.tables import read_table

WEEK = "2019-04-01"


def scaled(name: str, factor: float) -> Callable[[Path], None]:
    def change(scenario: Path) -> None:
        table = read_table(scenario / name)
        lines = [";".join(table.columns), *(";".join(map(str, r)) for r in table.values * factor)]
        (scenario / name).write_text("\n".join(lines) + "\n")

    return change


def replaced(name: str, row: int, before: str, after: str) -> Callable[[Path], None]:
    def change(scenario: Path) -> None:
        lines = (scenario / name).read_text().splitlines()
        lines[row] = after if before == "" else lines[row].replace(before, after)
        (scenario / name).write_text("\n".join(lines) + "\n")

    return change


def without_rows(name: str) -> Callable[[Path], None]:
    def change(scenario: Path) -> None:
        lines = (scenario / name).read_text().splitlines()
        (scenario / name).write_text("\n".join(lines[:-2]) + "\n")

    return change


def removed(name: str) -> Callable[[Path], None]:
    return lambda scenario: (scenario / name).unlink()


def written(name: str, text: str) -> Callable[[Path], None]:
    return lambda scenario: (scenario / name).write_text(text) and None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (removed("prod_p.csv"), "has no prod_p.csv"),
        (replaced("load_p.csv", 3, "", "x;1;2"), "row 3, column load_0_0: 'x'"),
        (replaced("load_p.csv", 3, "", "1;2"), "has 3 columns, but row 3 has 2"),
        (replaced("load_p.csv", 3, "", ";1;2"), "has gaps, which grid2op plays on"),
        (replaced("load_p.csv", 0, "load_0_0", "load_x"), "lacks the columns load_0_0 of the grid"),
        (replaced("load_p.csv", 0, "load_0_0", "load_x"), "that the grid lacks: load_x"),
        (replaced("load_p.csv", 0, ";", ","), "has commas between its columns"),
        (without_rows("prod_p.csv"), "prod_p.csv has 10 rows, but"),
        (without_rows("load_p_forecasted.csv"), "has 10 rows, and forecasts of"),
        (scaled("prod_p.csv", 1000), "is not in MW, or for other generators"),
        (scaled("prod_p.csv", 1000), "sums up to 1"),
        (scaled("prod_v.csv", 0.001), "is in per unit; grid2op reads kV"),
        (written("prod_p.csv.bz2", "no bz2"), "has prod_p.csv and prod_p.csv.bz2; keep one"),
        (written("start_datetime.info", "today"), "needs a date as"),
        (written("maintenance.csv", "a\n2\n"), "other values than 0 and 1"),
        (written("../../grid.json", "{}"), "is no grid that pandapower has written"),
        (written("../../config.py", "raise ValueError('no')"), "cannot open the environment"),
    ],
)
def test_the_place_is_named(
    small_folder: Path, change: Callable[[Path], None], message: str
) -> None:
    change(small_folder / "chronics" / WEEK)
    findings = list(check_folder(small_folder))
    assert any(message in finding for finding in findings), findings
    assert all("\n" not in finding and finding.endswith(".") for finding in findings)


def test_what_is_all_right_has_no_findings(small_folder: Path) -> None:
    assert list(check_folder(small_folder)) == []


def test_a_folder_without_scenarios_is_told(tmp_path: Path) -> None:
    (finding,) = check_folder(tmp_path)
    assert "is no environment folder" in finding


def test_a_path_is_written_as_it_is(small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small_folder.parent)
    (small_folder / "odd.json").symlink_to("nowhere")
    (finding,) = check_folder(Path("case5"))
    assert finding.startswith("case5/odd.json cannot be read")


def test_empty_cells_are_no_faults_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "load_p.csv"
    path.write_text("a;b\n1;\n;4\n")
    table = read_table(path)
    assert table.faults == []
    assert np.isnan(table.values).sum() == 2
