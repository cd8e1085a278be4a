"""A command that something stops ends in one sentence, and says how to go on."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from powrl.cli import completion, interruption
from powrl.cli.interruption import (
    errors_told,
    require_filled_arguments,
    require_utf8_arguments,
    resumable,
)
from powrl.cli.main import app
from powrl.configuration.loading import load_configuration
from powrl.learning import training
from powrl.player.errors import PowrlError
from powrl.scoring.foreign_code import StoppedError

POWRL = [sys.executable, "-m", "powrl"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, StoppedError])
def test_who_stops_a_run_is_told_how_to_go_on(
    stop: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    def begin_and_stop() -> None:
        with resumable("train") as run:
            run.folder = Path("runs/my run")
            raise stop

    with pytest.raises(stop):
        begin_and_stop()
    assert "powrl train --resume 'runs/my run'" in capsys.readouterr().err


def test_a_run_that_has_not_begun_cannot_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), resumable("train"):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == ""


def test_a_training_without_a_checkpoint_cannot_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: Any) -> None:
        arguments[-1](tmp_path, load_configuration("case14"))
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train_configuration", stop)
    message = CliRunner().invoke(app, ["train", "case14"]).stderr
    assert message == "\npowrl: stopped before it could go on; start it anew\n"
    (tmp_path / "checkpoint-000000000.pt").write_text("")
    assert "go on with" in CliRunner().invoke(app, ["train", "case14"]).stderr


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PowrlError("mend it."), "mend it."),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), "denied: a/b"),
        (MemoryError(), "too little memory"),
        (PowrlError(f"there is no {'x' * 10**6}; mend it."), f"no {'x' * 300}… mend it."),
    ],
)
def test_errors_end_in_a_sentence(
    error: BaseException,
    text: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interruption, "_close_output", lambda: None)
    with pytest.raises(SystemExit) as ended, errors_told():
        raise error
    assert ended.value.code == 2
    assert text in capsys.readouterr().err


def test_links_that_lead_to_each_other_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SystemExit) as ended, errors_told():
        (tmp_path / "loop").resolve(strict=True)
    assert ended.value.code == 2
    assert "loop" in capsys.readouterr().err


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="a fault of powrl"), errors_told():
        raise RuntimeError("a fault of powrl")


@pytest.mark.parametrize(
    ("argument", "text"), [(b"h\xf6he", "is no UTF-8"), ("höhe".encode(), "a terminal of UTF-8")]
)
def test_an_argument_that_no_report_can_name_is_refused(
    argument: bytes, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["powrl", argument.decode("ascii", "surrogateescape")])
    with pytest.raises(PowrlError, match=text) as caught:
        require_utf8_arguments()
    assert str(caught.value).isascii()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["score", "--output", ""], "the argument after '--output' is empty; give a value"),
        (["check", ""], "the argument after 'check' is empty"),
        (["score", "--output="], "the argument '--output=' has no value"),
    ],
)
def test_an_empty_argument_is_refused(
    arguments: list[str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["powrl", *arguments])
    with pytest.raises(PowrlError, match=text):
        require_filled_arguments()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_output_is_no_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*POWRL, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith("powrl: a file, or what is printed, cannot be")
    assert len(ended.stderr.splitlines()) == 1


def test_a_reader_that_leaves_hears_nothing_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interruption, "_close_output", lambda: None)
    with pytest.raises(SystemExit), errors_told():
        raise BrokenPipeError
    assert capsys.readouterr().err == ""


def test_help_has_a_short_option_and_keeps_what_stands_in_brackets() -> None:
    shown = CliRunner().invoke(app, ["score", "-h"], env={"COLUMNS": "80"}).output
    assert "AGENT[plan=false,...]" in shown


def test_a_shell_completes_names() -> None:
    assert completion.agents("l2rpn_ic") == ["l2rpn_icaps_2021/search"]
    assert completion.configurations("case1") == ["case14"]
    assert completion.environments("rte_case14_rea") == ["rte_case14_realistic"]


def test_a_name_that_no_file_can_have_is_refused_as_such() -> None:
    ended = subprocess.run(
        [*POWRL, "score", "a" * 300], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "a name is longer than that of a file may be" in ended.stderr
    assert "Traceback" not in ended.stderr
