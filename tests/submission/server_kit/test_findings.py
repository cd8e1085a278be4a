"""Errors of a submission as findings, whatever they are."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from powrl.errors import StoppedError
from powrl.submission.server_kit import findings
from powrl.submission.server_kit.sandbox import NotOnServerError, WritesOutsideError

ROOT = Path("root")


class MuteError(Exception):
    """An error that fails with another one where it is asked for its text."""

    def __init__(self, failure: type[BaseException]) -> None:
        self.failure = failure

    def __str__(self) -> str:
        raise self.failure


def test_a_missing_module_is_named_behind_another_error() -> None:
    missing = NotOnServerError("No module named 'torch'", name="torch")
    other = RuntimeError("cannot load")
    other.__cause__ = missing
    assert findings.failure(other, ROOT)["module"] == "torch"
    assert findings.failure(RuntimeError("else"), ROOT)["kind"] == "error"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (WritesOutsideError("/tmp/a"), "outside"),  # noqa: S108
        (OSError(errno.EFBIG, "File too large"), "size"),
        (MemoryError(), "memory"),
        (SystemExit(3), "exit"),
        (KeyboardInterrupt(), "error"),
    ],
)
def test_an_error_has_its_kind(error: BaseException, kind: str) -> None:
    assert findings.failure(error, ROOT)["kind"] == kind


def test_an_error_that_is_its_own_cause_is_a_failure() -> None:
    error = ValueError("a")
    error.__cause__ = error
    assert findings.failure(error, ROOT)["error"] == "ValueError: a"


@pytest.mark.parametrize("second", [ValueError, KeyboardInterrupt, SystemExit, BaseException])
def test_an_error_whose_text_fails_is_a_failure(second: type[BaseException]) -> None:
    failure = findings.failure(MuteError(second), ROOT)
    assert failure["error"] == f"MuteError: (its text fails with {second.__name__})"
    assert "MuteError" in failure["traceback"]


def test_whoever_stops_powrl_is_not_a_text() -> None:
    with pytest.raises(StoppedError):
        findings.text_of(MuteError(StoppedError), StoppedError)
