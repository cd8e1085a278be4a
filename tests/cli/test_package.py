from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from powrl.cli import package
from powrl.player.errors import PowrlError
from tests.agents import make_agent_folder

app = typer.Typer()
app.command()(package.command)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_an_agent_folder_is_packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_agent_folder(tmp_path / "mine", "rte_case14_realistic")
    assert "powrl check" in run("mine", "-o", "a.zip")
    assert zipfile.is_zipfile("a.zip")
    with pytest.raises(PowrlError, match="--force"):
        run("mine", "-o", "a.zip")
    run("mine", "-o", "a.zip", "--force")


def test_an_unknown_agent_is_refused() -> None:
    with pytest.raises(PowrlError, match="there is no agent"):
        run("no/such-agent")


def test_the_run_folder_of_a_training_is_packaged_by_its_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_agent_folder(tmp_path / "run" / "agent", "rte_case14_realistic")
    run("run", "-o", "a.zip")
    assert zipfile.is_zipfile("a.zip")
