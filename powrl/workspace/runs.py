"""Run folders: where a command puts what it makes."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ..errors import PowrlError
from ..player.files import refusing_unwritable, require_space, require_utf8
from ..storage.locks import locked_folder


@contextmanager
def run_folder(kind: str, output: Path | None = None) -> Iterator[Path]:
    """A new run folder: `output`, or ``runs/<kind>-<date>-<time>``.

    When the work inside fails before anything was written, the folder is removed again.

    Raises
    ------
    PowrlError
        `output` holds files already, cannot be written, or is no UTF-8.
    """
    if output is not None:
        require_utf8(output)
    folder = output or _unused(Path("runs") / f"{kind}-{datetime.now():%Y%m%d-%H%M%S}")
    with refusing_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise PowrlError(f"the run folder {folder} is not empty; choose another --output.")
    try:
        require_space(folder / "run")
        yield folder
    except BaseException:
        with suppress(OSError):  # it holds something by now
            folder.rmdir()
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


def _unused(folder: Path) -> Path:
    """`folder`, or the first of ``folder-2``, ``folder-3``, ... that does not exist."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
