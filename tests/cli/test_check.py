from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from powrl.cli import check
from powrl.editions.editions import Edition
from powrl.player.errors import PowrlError
from powrl.submission import functions
from powrl.submission.check import CheckOutcome, Report, Verdict
from powrl.submission.dry_run import DryRun
from powrl.submission.server import Server

app = typer.Typer()
app.command()(check.command)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, DryRun]]:
    calls: list[tuple[Path, DryRun]] = []

    def _check(
        path: Path, dry_run: DryRun, edition: Edition | None, server: Server | None
    ) -> Report:
        assert server is None
        assert (edition is None) == (dry_run.environment != "l2rpn_wcci_2022_dev")
        calls.append((path, dry_run))
        outcome: CheckOutcome = {"good": "passed", "so-so": "warning", "bad": "failed"}[path.stem]  # type: ignore[assignment]
        return Report((Verdict("it [works]", outcome, "act[0] is odd"),), "the traceback", "")

    monkeypatch.setattr(functions, "check_submission", _check)
    return calls


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).output


def test_options_say_what_is_played(checks: list[tuple[Path, DryRun]]) -> None:
    run("good.zip")
    run(
        *("good.zip", "--environment", "grid", "--steps", "3"),
        *("--scenarios", "4", "--timeout", "5"),
    )
    run("good.zip", "--data", "folder")
    run("good.zip", "--edition", "delft2023", "--memory", "2")
    assert [dry_run for _, dry_run in checks] == [
        DryRun(),
        DryRun("grid", "bundled", 3, 4, 5.0),
        DryRun("", "folder"),
        DryRun("l2rpn_wcci_2022_dev", memory=2 * 10**9),
    ]


def test_a_folder_and_a_name_of_an_environment_are_refused() -> None:
    arguments = ["good.zip", "--environment", "grid", "--data", "folder"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, PowrlError)
    assert "leave out --environment" in str(result.exception)


def test_a_passed_check_shows_its_table(checks: list[tuple[Path, DryRun]]) -> None:
    output = run("good.zip")
    assert checks
    assert "act[0] is odd" in output
    assert "Verdict: passed\n" in output


def test_warnings_pass_and_are_told(checks: list[tuple[Path, DryRun]]) -> None:
    assert "Verdict: passed, with warnings" in run("so-so.zip")
    assert checks


def test_a_failed_check_ends_in_one_sentence(checks: list[tuple[Path, DryRun]]) -> None:
    result = CliRunner().invoke(app, ["bad.zip"])
    assert checks
    assert isinstance(result.exception, PowrlError)
    assert "bad.zip fails the check that it [works]: act[0] is odd." in str(result.exception)
    assert "the traceback" in result.output
    assert "Verdict: failed" in result.output


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_text("no zip", encoding="utf-8")
    with pytest.raises(PowrlError, match="no zip"):
        run(str(path))


def test_an_environment_that_the_edition_did_not_play_is_refused() -> None:
    arguments = ["good.zip", "--environment", "grid", "--edition", "delft2023"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, PowrlError)
    assert "Delft 2023 was not played on grid" in str(result.exception)
    arguments = ["good.zip", "--data", "DIR/l2rpn_icaps_2021_val", "--edition", "delft2023"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, PowrlError)
    assert "Delft 2023 was not played on l2rpn_icaps_2021_val" in str(result.exception)


def test_a_stack_is_that_of_an_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(app, ["good.zip", "--stack"])
    assert isinstance(result.exception, PowrlError)
    assert "name the competition by --edition" in str(result.exception)
    server = Server("python3.10", ("grid2op",))
    servers: list[Any] = []

    def _check(*arguments: Any) -> Report:
        servers.append(arguments[-1])
        return Report((), "", "")

    monkeypatch.setattr(
        functions, "stack_of", lambda edition, *_: {"idf2023": server}[edition.name]
    )
    monkeypatch.setattr(functions, "check_submission", _check)
    run("good.zip", "--stack", "--edition", "idf2023")
    assert servers == [server]
