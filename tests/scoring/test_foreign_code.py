"""An agent's code ends in a sentence, and powrl and its user keep what is theirs."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from powrl.player.errors import PowrlError
from powrl.scoring.foreign_code import StoppedError, failures_of, working_folder_kept


@pytest.fixture
def _as_in_a_terminal() -> Iterator[None]:
    """What is started in the background may ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


class OddError(BaseException):
    pass


class MuteError(Exception):
    def __str__(self) -> str:
        raise OddError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OddError("one"), "OddError: one"),
        (GeneratorExit(), "GeneratorExit: "),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (MuteError(), r"MuteError: \(its text fails with OddError\)"),
    ],
)
@pytest.mark.usefixtures("_as_in_a_terminal")
def test_whatever_is_raised_ends_in_a_sentence(error: BaseException, message: str) -> None:
    sentence = rf"agent a failed: {message}.*\(test_foreign_code.py, line"
    with pytest.raises(PowrlError, match=sentence), failures_of("a"):
        raise error


@pytest.mark.usefixtures("_as_in_a_terminal")
def test_ctrl_c_is_the_users() -> None:
    with pytest.raises(KeyboardInterrupt), failures_of("a"), failures_of("a", "of rewards"):
        signal.raise_signal(signal.SIGINT)


def test_whoever_stops_powrl_is_no_failure() -> None:
    with pytest.raises(StoppedError), failures_of("a"):
        raise StoppedError


def test_streams_stay_open_and_in_place(capsys: pytest.CaptureFixture[str]) -> None:
    with failures_of("a"):
        print("of the agent")  # noqa: T201
        sys.stdout.close()
        sys.stderr.close()
        sys.stdout = sys.stderr = None  # type: ignore[assignment]
    print("of powrl")  # noqa: T201
    print("told", file=sys.stderr)  # noqa: T201
    assert capsys.readouterr() == ("of the agent\nof powrl\n", "told\n")


def test_there_may_be_no_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with failures_of("a"):
        print("nowhere")  # noqa: T201
    assert sys.stdout is None


def test_an_agent_finds_itself_where_it_has_gone(tmp_path: Path) -> None:
    folder = Path.cwd()
    with working_folder_kept("a"):
        with failures_of("a"):
            os.chdir(tmp_path)
        assert Path.cwd() == folder
        with failures_of("b"):
            assert Path.cwd() == folder
        with failures_of("a"):
            assert Path.cwd() == tmp_path
            tmp_path.rmdir()
        with failures_of("a"):
            assert Path.cwd() == folder
    with failures_of("a"):
        assert Path.cwd() == folder
