"""Weeks are generated one by one; a stop, and the number of processes, change none."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from powrl.data import chronix2grid, chronix2grid_processes, week_generator
from powrl.data.chronix2grid_processes import Chronix2GridProcesses
from powrl.data.folders import GENERATOR_FILES, find_environment, scenario_names
from powrl.data.generation import generate_weeks, plan_weeks
from powrl.player.errors import PowrlError
from powrl.storage.digest import digest_of
from powrl.workspace.virtual_environments import python_in

DATES = ["2050-01-03", "2050-04-04", "2050-07-04"]


class FakeGenerator:
    """Writes the seeds of a week; it stops after some weeks, or fails on some draws."""

    def __init__(self, stop_after: int = 100, failures: int = 0) -> None:
        self.weeks: list[str] = []
        self.stop_after = stop_after
        self.failures = failures
        self.ended = False

    def __call__(self, request: dict[str, Any]) -> str | None:
        self.weeks.append(request["date"])
        if len(self.weeks) > self.stop_after:
            raise KeyboardInterrupt
        if self.failures:
            self.failures -= 1
            return "no dispatch"
        folder = Path(request["output"]) / f"{request['date']}_{request['number']}"
        (folder / "load_p.csv").write_text(json.dumps(request["seeds"]))
        return None

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    folder = tmp_path / "grid"
    folder.mkdir()
    for name in (*GENERATOR_FILES, "grid.json", "config.py"):
        (folder / name).write_text("{}")
    (folder / "scenario_params.json").write_text(json.dumps({"dt": "5", "all_dates": DATES}))
    return folder


def generated(
    environment: Path, output: Path, generator: FakeGenerator, weeks: int = 5, jobs: int = 1
) -> str:
    generate_weeks(environment, output, weeks, 7, jobs, lambda: generator)
    return digest_of(output / "chronics")


def test_stopped_and_resumed_it_is_the_same(environment: Path, tmp_path: Path) -> None:
    whole = generated(environment, tmp_path / "a" / "out", FakeGenerator(), jobs=2)
    stopped = FakeGenerator(stop_after=2)
    with pytest.raises(KeyboardInterrupt):
        generated(environment, tmp_path / "b" / "out", stopped)
    assert stopped.ended
    assert len(scenario_names(tmp_path / "b" / "out")) == 2
    assert not list((tmp_path / "b" / "out").glob("*-partial-*"))
    (tmp_path / "b" / "out" / "2050-01-03_7-partial-abcd1234").mkdir()  # as after kill -9
    own = [tmp_path / "b" / "out" / name for name in ("my-partial-results", "7-partial-abcd1234")]
    for path in own:
        path.mkdir()
    resumed = FakeGenerator()
    assert generated(environment, tmp_path / "b" / "out", resumed) == whole
    assert len(resumed.weeks) == 3
    assert sorted((tmp_path / "b" / "out").glob("*-partial-*")) == sorted(own)
    assert generated(environment, tmp_path / "b" / "out", FakeGenerator(stop_after=0)) == whole


def test_more_weeks_begin_with_the_same(environment: Path) -> None:
    two, more = plan_weeks(environment, 2, 7), plan_weeks(environment, 7, 7)
    assert more[:2] == two
    assert sorted(week.date for week in more[:3]) == DATES
    assert len({week.name for week in more}) == 7
    assert len({tuple(week.seeds(0)) for week in more}) == 7
    assert plan_weeks(environment, 3, 8) != more[:3]


def test_a_draw_that_fails_is_drawn_anew(environment: Path, tmp_path: Path) -> None:
    generated(environment, tmp_path / "out", FakeGenerator(failures=2), weeks=1)
    with pytest.raises(PowrlError, match="3 draws of it fail, the last one because of no dispatch"):
        generated(environment, tmp_path / "out", FakeGenerator(failures=3), weeks=2)
    assert len(scenario_names(tmp_path / "out")) == 1


def test_other_settings_are_another_folder(environment: Path, tmp_path: Path) -> None:
    generated(environment, tmp_path / "out", FakeGenerator(), weeks=1)
    (environment / "params.json").write_text('{"dt": 5}')
    with pytest.raises(PowrlError, match="was made from other settings"):
        generated(environment, tmp_path / "out", FakeGenerator(), weeks=2)
    with pytest.raises(PowrlError, match="is no folder of powrl data generate"):
        generated(environment, environment, FakeGenerator())
    with pytest.raises(PowrlError, match="would be inside the environment folder"):
        generated(environment, environment / "chronics" / "out", FakeGenerator())
    assert not (environment / "chronics").exists()
    (environment / "params_opf.json").unlink()
    with pytest.raises(PowrlError, match=r"lacks what Chronix2Grid generates by \(params_opf"):
        generated(environment, tmp_path / "other", FakeGenerator())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ([], "cannot be read"),
        ({}, "needs all_dates"),
        ({"all_dates": []}, "needs all_dates"),
        ({"all_dates": "2050-01-03"}, "needs all_dates"),
        ({"all_dates": ["../../outside"]}, "has '../../outside' among all_dates"),
        ({"all_dates": [""]}, "has '' among all_dates"),
        ({"all_dates": ["2050-01-03", 3]}, "has 3 among all_dates"),
        ({"all_dates": ["20500103"]}, "has '20500103' among all_dates"),
        ({"all_dates": ["2050-02-30"]}, "has '2050-02-30' among all_dates"),
        ({"all_dates": [DATES[0], *DATES]}, "has 2050-01-03 more than once among all_dates"),
    ],
)
def test_settings_without_dates_are_refused_and_nothing_stays(
    environment: Path, tmp_path: Path, settings: object, message: str
) -> None:
    (environment / "scenario_params.json").write_text(json.dumps(settings))
    with pytest.raises(PowrlError, match=message):
        generated(environment, tmp_path / "new" / "out", FakeGenerator())
    assert list(tmp_path.iterdir()) == [environment]


def test_weeks_without_end_are_refused(environment: Path, tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="100001 weeks are too many; give 100000 at most"):
        generated(environment, tmp_path / "out", FakeGenerator(), weeks=100_001)
    assert not (tmp_path / "out").exists()


def test_an_environment_is_found_by_its_name() -> None:
    assert (find_environment("l2rpn_idf_2023") / "params_opf.json").is_file()
    with pytest.raises(PowrlError, match="did you mean 'l2rpn_idf_2023'"):
        find_environment("l2rpn_idf_202")
    with pytest.raises(PowrlError, match="has several mixes"):
        find_environment("l2rpn_neurips_2020_track2")


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_solver_of_pulp_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chronix2grid.platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(PowrlError, match="needs the solver cbc, which pulp does not ship"):
        chronix2grid.find_solver(tmp_path)
    installed = executable(tmp_path / "bin" / "cbc", "exit 0")
    assert chronix2grid.find_solver(tmp_path) == installed
    solvers = "lib/python3.11/site-packages/pulp/solverdir/cbc/linux"
    shipped = executable(tmp_path / solvers / "64" / "cbc", "exit 0")
    assert chronix2grid.find_solver(tmp_path) == shipped
    variables = chronix2grid.variables(tmp_path)
    assert variables["PATH"].split(os.pathsep)[0] == str(shipped.parent)


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("exit 0", None),
        ("echo 'draw: too steep' >&2; exit 1", "too steep"),
    ],
)
def test_what_its_process_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, outcome: str | None
) -> None:
    executable(python_in(tmp_path), script)
    monkeypatch.setattr(chronix2grid_processes, "chronix2grid", lambda _: tmp_path)
    monkeypatch.setattr(chronix2grid_processes, "variables", lambda _: dict(os.environ))
    assert Chronix2GridProcesses(print)({"date": "2050", "folder": "f"}) == outcome
    executable(python_in(tmp_path), "echo Traceback >&2; echo 'KeyError: dt' >&2; exit 1")
    with pytest.raises(
        PowrlError, match=r"the week of 2050 \(KeyError: dt\); mend the settings that f was"
    ):
        Chronix2GridProcesses(print)({"date": "2050", "folder": "f"})


def test_running_processes_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chronix2grid_processes, "chronix2grid", lambda _: tmp_path)
    monkeypatch.setattr(chronix2grid_processes, "variables", lambda _: dict(os.environ))
    processes = Chronix2GridProcesses(print)
    with subprocess.Popen(["sleep", "60"], text=True) as process:
        processes._running.add(process)
        processes.end()
        assert process.wait(5) != 0


def test_a_week_says_nothing_of_the_time_it_took(tmp_path: Path) -> None:
    path = tmp_path / "generation_quality.json"
    path.write_text('{"generation_time": 241.03, "iter_num": 3}')
    week_generator._without_times(tmp_path)
    assert json.loads(path.read_text()) == {"iter_num": 3}
