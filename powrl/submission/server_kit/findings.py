"""The findings of a check: its last stage, its episodes, and what went wrong."""

from __future__ import annotations

import errno
import json
import platform
import traceback
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .sandbox import NotOnServerError, SignalsOthersError, WritesOutsideError

PACKAGES = ("grid2op", "lightsim2grid", "pandapower", "numpy")
"""Packages whose versions the result names."""


class UnusableError(Exception):
    """A finding in words, for which a traceback would say nothing more."""


class Result:
    """What was found so far, as the last line of a file.

    The line holds the stage (``"environment"``, ``"import"``, ``"make_agent"``, ``"play"``,
    ``"end"``), where in it, the failure or null, the versions of Python and of the packages,
    seconds for make_agent, the episodes, which modules of the job's ``"others"`` it imported, and
    what the agent changes besides the grid.
    """

    def __init__(self, path: Path) -> None:
        # opened before the submission may not write there any more
        self._file = path.open("a", encoding="utf-8")
        self.failure: dict[str, Any] | None = None
        self.where = ""
        self.versions = versions()
        self.make_agent_seconds = 0.0
        self.episodes: list[dict[str, Any]] = []
        self.imported: list[str] = []
        self.manipulations: list[str] = []
        self.enter("environment")

    def enter(self, stage: str) -> None:
        """Begin a stage."""
        self.stage = stage
        self.write()

    def write(self) -> None:
        """Add a line to the file."""
        body = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        self._file.write(json.dumps(body) + "\n")
        self._file.flush()


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a power flow depends on, where they are there."""
    facts = {"Python": platform.python_version()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            facts[name] = version(name)
    return facts


def failure(error: BaseException, root: Path) -> dict[str, Any]:
    """An error as plain data: what kind it is of, in one line, its traceback, a missing module.

    Where one error hides another, what is known of the hidden one is told.
    """
    kinds = ((kind_of(cause, root), cause) for cause in causes(error))
    kind, cause = next((pair for pair in kinds if pair[0]), ("error", error))
    name = "" if kind in ("unusable", "outside", "signals") else type(cause).__name__
    line = ": ".join(filter(None, (name, text_of(cause))))
    return {
        "kind": kind,
        "error": line.replace(f"{root}/", "").rstrip(".\n"),
        "module": getattr(cause, "name", None) if kind in ("missing", "own") else None,
        "traceback": ""
        if kind == "unusable"
        else "".join(traceback.format_exception(type(error), error, error.__traceback__)),
    }


def kind_of(error: BaseException, root: Path) -> str | None:
    """Which of the kinds that `powrl.submission.advice` knows an error is of; None: of no other."""
    if isinstance(error, NotOnServerError):
        own = root / "submission" / str(error.name)
        return "own" if own.is_dir() or own.with_suffix(".py").is_file() else "missing"
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return "size"
    kinds: dict[type[BaseException], str] = {
        UnusableError: "unusable",
        WritesOutsideError: "outside",
        SignalsOthersError: "signals",
        MemoryError: "memory",
        SystemExit: "exit",
    }
    return next((kind for cause_type, kind in kinds.items() if isinstance(error, cause_type)), None)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it was raised from, or while handling."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # one may be its own cause
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def text_of(error: BaseException, *passing: type[BaseException]) -> str:
    """The text of an error, or a note in its place where the error's own code fails to make it.

    Parameters
    ----------
    passing:
        Errors that are none of its code, such as the user's Ctrl-C; they are raised.
    """
    try:
        return str(error)
    except passing:
        raise
    except BaseException as second:  # noqa: BLE001  its __str__ is a submission's code, too
        return f"(its text fails with {type(second).__name__})"
