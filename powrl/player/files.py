"""Writing files and folders so that they are whole or not there."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from .errors import PowrlError

# None: numpy tells so that not all of an array could be written
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None)


@contextmanager
def refusing_unwritable(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of what writes to `path` into a `PowrlError` that names it."""
    try:
        yield
    except OSError as error:
        advice = "free some space there or choose" if error.errno in _FULL else "choose"
        raise PowrlError(
            f"cannot write {path} ({error.strerror or error}); {advice} another place."
        ) from error


def write_whole(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Let `write` fill a file beside `path`, which then replaces `path`; no half file is left.

    Of concurrent writers the last one wins.

    Raises
    ------
    PowrlError
        The place cannot be written, or is full.
    """
    # a name of its own, for others may write the same path; tempfile's would be private to the user
    partial = path.with_name(f"{path.name}.{token_hex(8)}.partial")
    with refusing_unwritable(path):
        try:
            with partial.open("xb") as file:
                write(file)
            partial.replace(path)
        except BaseException:
            _remove(partial)
            raise


def write_text_whole(path: Path, text: str) -> None:
    """`write_whole` for a text, in UTF-8."""
    write_whole(path, lambda file: file.write(text.encode("utf-8")))


def require_space(path: Path) -> None:
    """Find out before minutes of work, not after, that a file cannot be written.

    Raises
    ------
    PowrlError
        The place cannot be written, or is full.
    """
    probe = path.with_name(path.name + ".probe")
    write_whole(probe, lambda file: file.write(b"0" * 65_536))
    probe.unlink(missing_ok=True)  # another who asked at the same time may have removed it


def refuse_overwriting(path: Path, force: bool) -> None:
    """Refuse a file that is there already, unless by `force`; a folder in any case."""
    if path.is_dir() or (path.exists() and not force):
        raise PowrlError(f"{path} exists already; choose another --output, or give --force.")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the parent is no folder: nothing was made
        return
