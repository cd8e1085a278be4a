from __future__ import annotations

from pathlib import Path
from typing import Any

import grid2op
import pytest

from powrl.editions.editions import EDITIONS
from powrl.submission import check
from powrl.submission.check import Report, check_submission
from powrl.submission.dry_run import DryRun, ProcessResult
from powrl.submission.imported_modules import imported_modules
from powrl.submission.package import package_agent
from tests.submission.zips import DO_NOTHING, ENVIRONMENT, acting, write_zip

ASKS_WHERE_IT_IS = """
import os, sys

for name in ("powrl", "pytest", "typer"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        assert error.name == name
    else:
        raise AssertionError(f"{name} can be imported")
assert not os.listdir(os.getcwd())
assert not [name for name in os.environ if name.startswith(("PYTHON", "VIRTUAL_ENV"))]
import submission.beside
sys.path.insert(0, os.path.dirname(__file__))
import beside
import numpy, scipy, pandas, lightsim2grid
"""


pytestmark = pytest.mark.usefixtures("temporary")


def outcomes(report: Report) -> dict[str, str]:
    return {verdict.check: verdict.outcome for verdict in report.verdicts}


def test_a_packaged_agent_passes(agent_folder: Path, tmp_path: Path, temporary: Path) -> None:
    path = package_agent(agent_folder, tmp_path / "a.zip")
    report = check_submission(path, DryRun(steps=30, scenarios=5))
    assert report.failure is None, report
    assert set(outcomes(report).values()) == {"passed"}
    assert f"grid2op {grid2op.__version__}" in report.verdicts[1].finding
    assert "steps: 60, scenarios: 2" in report.verdicts[4].finding
    assert not list(temporary.iterdir())


def test_the_process_is_clean_and_illegal_actions_are_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(check.__file__).parents[2]))
    two_lines = "{'set_line_status': [(0, -1), (1, -1)]}"
    source = ASKS_WHERE_IT_IS + acting(f"return self.action_space({two_lines})")
    path = write_zip(tmp_path / "a.zip", source, **{"beside.py": ""})
    folder = Path(grid2op.__file__).parent / "data" / ENVIRONMENT
    report = check_submission(path, DryRun(data=folder, steps=2, scenarios=1))
    assert report.failure is None, report
    assert outcomes(report)["its actions are legal"] == "warning"
    assert "2 illegal and 0 ambiguous of 2" in report.verdicts[5].finding


@pytest.mark.parametrize(
    ("seconds_per_step", "per_reset", "outcome", "said"),
    [
        (0.001, 0, "passed", "104,936 steps would take 105 s of the 4,900 s that Delft 2023 all"),
        (0.030, 0, "warning", "may be slower"),
        (0.050, 0, "failed", "lowest score; make it faster"),
        (0.001, 100, "failed", "with make_agent and resets 104,936 steps would take 5,352 s"),
    ],
)
def test_the_time_is_held_against_the_edition_s(
    seconds_per_step: float, per_reset: float, outcome: str, said: str
) -> None:
    episode = {
        "scenario": "a",
        "steps": 100,
        "game_over": False,
        "illegal": 0,
        "ambiguous": 0,
        "failed": 0,
    }
    episode |= {"act_seconds": 100 * seconds_per_step, "worst_act_seconds": 0.2}
    episode |= {"length": 2000, "reset_seconds": per_reset}
    ended = ending("end", episodes=[episode])
    *_, verdict = check._verdicts(ended, DryRun("grid"), EDITIONS["delft2023"])
    assert verdict.outcome == outcome
    assert said in verdict.finding


def ending(stage: str, exit_code: int | None = 0, **result: Any) -> ProcessResult:
    body = {
        "stage": stage,
        "failure": None,
        "where": "",
        "versions": {"Python": "3.8.18", "grid2op": "1.6.3"},
        "make_agent_seconds": 0.5,
        "episodes": [],
        "imported": [],
        "manipulations": [],
    }
    return ProcessResult({**body, **result}, exit_code, "")


def test_a_process_that_ends_early_fails() -> None:
    verdicts = list(check._verdicts(ending("make_agent", exit_code=-9), DryRun("grid"), None))
    assert [verdict.outcome for verdict in verdicts] == ["passed", "passed", "failed"]
    assert "signal 9 (Killed)" in verdicts[-1].finding
    assert verdicts[0].finding == "grid, on Python 3.8.18, grid2op 1.6.3"


def test_a_process_that_is_killed_at_the_very_end_fails() -> None:
    verdicts = list(check._verdicts(ending("end", exit_code=-9), DryRun("grid"), None))
    assert (verdicts[-1].check, verdicts[-1].outcome) == ("its process ends by itself", "failed")


def test_times_are_told_in_milliseconds() -> None:
    episodes = [
        {"scenario": "a", "steps": 10, "game_over": True, "illegal": 0, "ambiguous": 0, "failed": 0}
        | {"act_seconds": seconds, "worst_act_seconds": worst}
        for seconds, worst in ((0.1, 0.02), (0.3, 0.15))
    ]
    verdicts = list(check._verdicts(ending("end", episodes=episodes), DryRun("grid"), None))
    assert verdicts[-1].finding == "20.0 ms on average, 150.0 ms at most"
    assert verdicts[3].finding == "steps: 20, scenarios: 2, game over: 2"


EPISODE = {"scenario": "a", "steps": 10, "game_over": False, "illegal": 0, "ambiguous": 0} | {
    **{"failed": 0, "act_seconds": 0.1, "worst_act_seconds": 0.1, "length": 10},
    "reset_seconds": 0.0,
}


def test_a_package_of_the_edition_s_server_that_is_not_here_is_not_tried() -> None:
    failure = {"kind": "missing", "error": "no torch", "module": "torch", "traceback": ""}
    ended = ending("import", failure=failure)
    absent = {"torch": "torch==2.0.1"}
    edition = EDITIONS["delft2023"]
    *_, verdict = check._verdicts(ended, DryRun("grid"), edition, absent)
    assert verdict.outcome == "not tried"
    assert "the server of Delft 2023 had" in verdict.finding
    assert "--stack, or: pip install torch==2.0.1" in verdict.finding
    *_, verdict = check._verdicts(ended, DryRun("grid"), None, absent)
    assert verdict.outcome == "not tried"
    assert "ICAPS 2021" in verdict.finding
    assert check.Report((verdict,), "", "").failure is None
    *_, verdict = check._verdicts(ended, DryRun("grid"), edition, {})
    assert verdict.outcome == "failed"


def test_packages_of_some_servers_alone_are_a_warning_without_an_edition() -> None:
    ended = ending("end", episodes=[EPISODE], imported=["cvxpy", "torch"])
    for edition, outcome, words in (
        (None, "warning", "only those of ICAPS 2021, WCCI 2022"),
        (EDITIONS["wcci2022"], "passed", "cvxpy, torch: the server of WCCI 2022 had them"),
    ):
        verdicts = list(check._verdicts(ended, DryRun("grid"), edition))
        (verdict,) = (one for one in verdicts if one.check == "the server has its packages")
        assert verdict.outcome == outcome
        assert words in verdict.finding


def test_a_submission_may_import_what_a_server_had(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", "import gymnasium\n" + DO_NOTHING)
    folder = Path(grid2op.__file__).parent / "data" / ENVIRONMENT
    report = check_submission(path, DryRun(data=folder, steps=2, scenarios=1))
    assert report.failure is None, report
    assert outcomes(report)["the server has its packages"] == "warning"
    assert imported_modules(path) >= {"gymnasium", "grid2op"}
    (tmp_path / "b.zip").write_text("no zip")
    assert imported_modules(tmp_path / "b.zip") == set()


def test_what_an_agent_changes_besides_the_grid_is_a_warning(tmp_path: Path) -> None:
    source = "import time\ntime.time = lambda: 0.0\n" + acting(
        "observation.rho[:] = 0", "return self.action_space({})"
    )
    folder = Path(grid2op.__file__).parent / "data" / ENVIRONMENT
    path = write_zip(tmp_path / "a.zip", source)
    report = check_submission(path, DryRun(data=folder, steps=2, scenarios=1))
    assert report.failure is None
    (verdict,) = [verdict for verdict in report.verdicts if "nothing but the grid" in verdict.check]
    assert verdict.outcome == "warning"
    assert "replaces the clock (time.time); it writes into its observation" in verdict.finding
    assert "(rho); a server lets it" in verdict.finding
