"""`powrl data` prints what it finds and writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from powrl.cli.main import app
from powrl.data import download
from powrl.player.errors import PowrlError

run = CliRunner()


def test_bundled_environments_are_listed() -> None:
    ended = run.invoke(app, ["data", "list"])
    assert ended.exit_code == 0
    assert "l2rpn_idf_2023" in ended.output
    assert "2: 2035-01-15_0 to" in " ".join(ended.output.split())


def test_a_folder_without_environments_is_refused(tmp_path: Path) -> None:
    ended = run.invoke(app, ["data", "list", str(tmp_path)])
    assert isinstance(ended.exception, PowrlError)
    assert "holds no environment folder" in str(ended.exception)


def test_an_environment_that_is_there_is_not_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "installed_environments", lambda: ["mine"])
    ended = run.invoke(app, ["data", "get", "mine"])
    assert ended.output.endswith("/mine\n")
    monkeypatch.setattr(download, "downloadable_environments", lambda: ["l2rpn_wcci_2022"])
    ended = run.invoke(app, ["data", "get", "l2rpn_wcci_202"])
    assert "did you mean 'l2rpn_wcci_2022'" in str(ended.exception)


def test_findings_are_counted(tmp_path: Path) -> None:
    ended = run.invoke(app, ["data", "check", str(tmp_path)])
    assert str(ended.exception) == f"1 finding in {tmp_path}; mend what is listed."
    assert "no environment folder" in ended.output
