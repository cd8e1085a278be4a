"""Run folders: where a command puts what it makes."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ..errors import ConfigurationError, PowrlError, wrong_value
from ..player.files import checked_path, refusing_unwritable, require_space, require_writable
from ..storage.locks import locked_folder


@contextmanager
def run_folder(
    kind: str,
    output: str | Path | None = None,
    can_go_on: Callable[[Path], object] = lambda folder: any(folder.iterdir()),
) -> Iterator[Path]:
    """A new run folder, locked: `output`, or ``runs/<kind>-<date>-<time>``.

    When the work inside fails or is stopped before it can go on, all that was made is removed.

    Parameters
    ----------
    can_go_on:
        Whether the folder has all that resuming needs; by default any file is enough.

    Raises
    ------
    PowrlError
        `output` holds files already, another process writes into it, or it cannot be written or is
        no path.
    """
    name = f"{kind}-{datetime.now():%Y%m%d-%H%M%S}"
    folder = Path("runs") / name if output is None else checked_path(output, "output")
    require_writable(folder)
    with refusing_unwritable(folder):
        if output is None:
            new_parts = _make(folder.parent)
            folder = _make_unused(folder)
            new_parts.append(folder)
        else:
            new_parts = _make(folder)
    # locked before it is looked into: two runs may begin at the same time
    with locked(folder), _removing(new_parts):
        with refusing_unwritable(folder):
            is_empty = not any(folder.iterdir())
        if not is_empty:
            raise PowrlError(f"the run folder {folder} is not empty; choose another --output.")
        require_space(folder / "run")
        try:
            yield folder
        except BaseException:
            with suppress(OSError):
                if not can_go_on(folder):
                    _empty(folder)
            raise


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing into a run folder.

    Raises
    ------
    PowrlError
        Another process writes into it.
    """
    with locked_folder(folder.resolve()) as is_locked:
        if is_locked is False:
            raise PowrlError(f"another process writes into {folder}; wait for its end, or stop it.")
        yield


def command_line() -> str:
    """The command that is running, as it would be typed."""
    return shlex.join(["powrl", *sys.argv[1:]])


def reported_command(command: object, call: str) -> str:
    """The command that a report names: that of a user, or the call of a function.

    Parameters
    ----------
    command:
        A text, or None: the call.

    Raises
    ------
    ConfigurationError
        It is something else.

    Examples
    --------
    >>> reported_command(None, "powrl.compare(['a', 'b'])")
    "powrl.compare(['a', 'b'])"
    """
    if command is not None and not isinstance(command, str):
        raise ConfigurationError(wrong_value("command", command, "a text, or None"))
    return command or call


@contextmanager
def _removing(new_parts: list[Path]) -> Iterator[None]:
    """Context after whose error new folders (the topmost first) are removed, unless in use."""
    try:
        yield
    except BaseException:
        with suppress(OSError):  # one holds something by now
            for part in reversed(new_parts):
                part.rmdir()
        raise


def _empty(folder: Path) -> None:
    """Remove all that a folder holds."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; what this process has made of them, the topmost first."""
    new_parts = []
    for part in (*reversed(folder.parents), folder):
        if part.is_dir():
            continue
        try:
            part.mkdir()
        except FileExistsError:
            if not part.is_dir():
                raise
        else:
            new_parts.append(part)
    return new_parts


def _make_unused(folder: Path) -> Path:
    """Make `folder`, or the first of ``folder-2``, ``folder-3``, ... that is not there."""
    candidate, number = folder, 1
    while True:
        with suppress(FileExistsError):
            candidate.mkdir()
            return candidate
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
