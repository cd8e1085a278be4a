from __future__ import annotations

import bz2
from pathlib import Path
from typing import Any

import numpy as np

from powrl.engines.engine import play_episode
from powrl.engines.grid2op_engine import Grid2opEngine
from powrl.environments.opening import Scenarios, open_environment, scenario_names
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.own import Baseline
from powrl.scoring.official import copy_environment

AUGUST, FEBRUARY = "Scenario_august_dummy", "Scenario_february_dummy"


def test_a_copy_plays_like_the_bundled_environment(tmp_path: Path, neurips: Any) -> None:
    source = Path(neurips.get_path_env())
    contest = Contest(source.name, source, {FEBRUARY: 1}, (Baseline("DoNothing"),), (0,))
    folder = copy_environment(contest, contest.episodes[0], tmp_path / "copy")
    copy = open_environment(Scenarios("", folder))
    assert scenario_names(copy) == [FEBRUARY]
    assert copy.name == neurips.name
    assert copy.parameters.to_dict() == neurips.parameters.to_dict()
    assert np.array_equal(copy.get_thermal_limit(), neurips.get_thermal_limit())
    played = [
        play_episode(Grid2opEngine(environment), FEBRUARY, 4001, lambda _: None)
        for environment in (neurips, copy)
    ]
    copy.close()
    assert played[0] == played[1]
    assert played[0].steps < 20  # the opponent attacked


def test_time_series_are_unpacked_once(tmp_path: Path) -> None:
    series = tmp_path / "grid" / "chronics" / AUGUST
    series.mkdir(parents=True)
    for name, content in (("load_p", b"a;b\n1;2\n"), ("prod_p", b"packed")):
        (series / f"{name}.csv.bz2").write_bytes(bz2.compress(content))
    (series / "prod_p.csv").write_bytes(b"plain")  # which grid2op reads
    contest = Contest("grid", tmp_path / "grid", {AUGUST: 0}, (Baseline("DoNothing"),), (0,))
    folder = copy_environment(contest, contest.episodes[0], tmp_path / "copy")
    contents = {path.name: path.read_bytes() for path in (folder / "chronics" / AUGUST).iterdir()}
    assert contents == {"load_p.csv": b"a;b\n1;2\n", "prod_p.csv": b"plain"}


def test_a_copy_of_a_read_only_folder_can_be_written_and_lacks_old_statistics(
    tmp_path: Path,
) -> None:
    source = tmp_path / "grid"
    (source / "chronics" / AUGUST).mkdir(parents=True)
    (source / "_statistics_l2rpn_dn").mkdir()
    (source / "grid.json").touch()
    for path in source.rglob("*"):
        path.chmod(0o555)
    contest = Contest("grid", source, {AUGUST: 0}, (Baseline("DoNothing"),), (0,))
    folder = copy_environment(contest, contest.episodes[0], tmp_path / "copy")
    assert folder == tmp_path / "copy" / "grid"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*")} == {
        "chronics",
        f"chronics/{AUGUST}",
        "grid.json",
    }
    assert all(path.stat().st_mode & 0o200 for path in folder.rglob("*"))
