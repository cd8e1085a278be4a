"""Scenarios are split by a seed, and each is in one of three folders."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from powrl.data.folders import scenario_names
from powrl.data.split import Shares, split_folder, split_names
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.errors import PowrlError

NAN = math.nan
MONTHS = [f"2050-{month:02}-{week}" for month in range(1, 13) for week in range(4)]


def test_every_scenario_is_in_one_part_and_all_seasons_in_each() -> None:
    parts = split_names(MONTHS, Shares(0.25, 0.25), 3)
    assert sorted(name for part in parts for name in part) == MONTHS
    assert list(map(len, parts)) == [24, 12, 12]
    for part in parts[1:]:
        assert {int(name[5:7]) // 7 for name in part} == {0, 1}
    assert parts == split_names(MONTHS[::-1], Shares(0.25, 0.25), 3)
    assert parts != split_names(MONTHS, Shares(0.25, 0.25), 4)


@pytest.mark.parametrize(
    "shares", [(0, 0.2), (0.2, 0), (0.5, 0.5), (NAN, 0.2), (0.2, NAN), (0.2, math.inf)]
)
def test_impossible_shares_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(PowrlError, match="need to be above 0"):
        Shares(*shares)


def test_too_few_scenarios_for_the_shares_are_refused() -> None:
    with pytest.raises(PowrlError, match=r"too few to split \(2 scenarios\)"):
        split_names(["a", "b"], Shares(), 0)
    with pytest.raises(PowrlError, match=r"too few to split \(5 scenarios\): 4 to choose by and 1"):
        split_names(list("abcde"), Shares(0.8, 0.1), 0)


def test_the_folders_can_be_played_and_the_source_stays(small_folder: Path, tmp_path: Path) -> None:
    before = scenario_names(small_folder)
    written = split_folder(small_folder, tmp_path / "data", "mine", Shares(), 0)
    assert [path.name for path in written] == ["mine_train", "mine_val", "mine_test"]
    for path, names in written.items():
        assert list(scenario_names(path)) == names
    (val, (name,)) = list(written.items())[1]
    environment = open_environment(Scenarios("", val))
    assert environment.reset().n_load == 3
    environment.close()
    assert name in before
    assert scenario_names(small_folder) == before
    with pytest.raises(PowrlError, match="mine_train exists already"):
        split_folder(small_folder, tmp_path / "data", "mine", Shares(), 0)


def test_links_inside_scenarios_are_followed(small_folder: Path, tmp_path: Path) -> None:
    (small_folder / "prices.csv").write_text("1")
    for name in scenario_names(small_folder):
        scenario = small_folder / "chronics" / name
        (scenario / "prices.csv").symlink_to("../../prices.csv")
        (scenario / "more").mkdir()
        (scenario / "more" / "load_p.csv").symlink_to("../load_p.csv")
    for path, names in split_folder(small_folder, tmp_path / "out", "dm", Shares(), 0).items():
        for name in names:
            files = [path / "chronics" / name / "prices.csv"]
            files.append(path / "chronics" / name / "more" / "load_p.csv")
            assert not any(file.is_symlink() for file in files)
            assert files[0].read_text() == "1"
            assert files[1].read_text().startswith("load_0_0")


def test_after_an_error_none_of_the_three_is_there(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link leads nowhere after all files were looked at."""
    monkeypatch.setattr("powrl.data.split.require_regular_files", lambda _: None)
    (_, (last,)) = list(split_folder(small_folder, tmp_path / "a", "dm", Shares(), 0).items())[2]
    (small_folder / "chronics" / last / "more").mkdir()
    (small_folder / "chronics" / last / "more" / "odd").symlink_to("nowhere")
    with pytest.raises(PowrlError, match="cannot write"):
        split_folder(small_folder, tmp_path / "b", "dm", Shares(), 0)
    assert not list((tmp_path / "b").iterdir())


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "a\nb", "n" * 250])
def test_names_of_no_folder_are_refused(small_folder: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(PowrlError, match="is no name of a folder; choose another --name"):
        split_folder(small_folder, tmp_path / "data", name, Shares(), 0)
    assert list(tmp_path.iterdir()) == [small_folder]


@pytest.mark.parametrize("output", [".", "chronics", "new", "../link"])
def test_a_place_inside_an_environment_is_refused(
    small_folder: Path, tmp_path: Path, output: str
) -> None:
    (tmp_path / "link").symlink_to(small_folder / "chronics")
    before = sorted(small_folder.rglob("*"))
    with pytest.raises(PowrlError, match="would be inside the environment folder"):
        split_folder(small_folder, small_folder / output, "dm", Shares(), 0)
    assert sorted(small_folder.rglob("*")) == before


def test_a_place_among_mixes_is_refused(small_folder: Path, tmp_path: Path) -> None:
    (tmp_path / ".multimix").touch()
    with pytest.raises(PowrlError, match="would be inside the environment folder"):
        split_folder(small_folder, tmp_path, "dm", Shares(), 0)


def test_what_is_no_environment_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="is no environment folder"):
        split_folder(tmp_path, tmp_path / "data", "mine", Shares(), 0)
