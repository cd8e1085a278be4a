"""Reading regular files of a bounded size, and writing files that are whole or not there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from .errors import ConfigurationError, PowrlError, wrong_value

SMALL_FILE, LARGE_FILE = 64 * 10**6, 4 * 10**9
"""Bytes of a file with settings or actions at most, and of any other file."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None)
"""Numbers of errors on a full disk; None: numpy could not write all of an array."""


NEEDS_NAME = "needs the name of an environment, and no path; its folder is given as --data"
_LONGEST_NAME = 255


def is_environment_name(name: object) -> bool:
    """Whether a text can name an environment.

    Examples
    --------
    >>> is_environment_name("l2rpn_case14_sandbox"), is_environment_name("../elsewhere")
    (True, False)
    """
    return (
        isinstance(name, str)
        and name.isprintable()
        and name.strip(" .-") != ""
        and not set(name) & {"/", "\\"}
        and len(name.encode()) <= _LONGEST_NAME
    )


def require_utf8(path: str | Path) -> None:
    """Refuse a path that no report and no file of a run could name.

    Raises
    ------
    PowrlError
        It is no UTF-8.

    Examples
    --------
    >>> require_utf8("runs/höhe")
    """
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):
        raise PowrlError(f"the path {str(path)!a} is no UTF-8; rename the file or folder.")


def checked_path(path: object, key: str) -> Path:
    """The path that a user gives as a parameter of a function.

    Parameters
    ----------
    key:
        Name of the parameter, for the sentence.

    Raises
    ------
    PowrlError
        It is no path, is empty, or is no UTF-8.

    Examples
    --------
    >>> checked_path("runs/score-1", "output").name
    'score-1'
    """
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ""
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigurationError(wrong_value(key, path, "the path of a file or folder"))
    require_utf8(text)
    return Path(text)


def checked_paths(paths: object, key: str) -> list[Path]:
    """Several paths that a user gives (`checked_path`).

    Raises
    ------
    PowrlError
        They are no list, or one of them is no path.

    Examples
    --------
    >>> [path.name for path in checked_paths(["runs/a", "runs/b"], "runs")]
    ['a', 'b']
    """
    if not isinstance(paths, Sequence) or isinstance(paths, (str, bytes)):
        raise ConfigurationError(wrong_value(key, paths, "a list"))
    return [checked_path(path, key) for path in paths]


# no system has all of them
_READING = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)


@contextmanager
def open_regular(path: Path, limit: int = LARGE_FILE) -> Iterator[IO[bytes]]:
    """Open a file for reading; nothing waits for a pipe, and nothing reads a device without end.

    Parameters
    ----------
    limit:
        Bytes that it may have.

    Raises
    ------
    OSError
        The file cannot be read, is no regular file, or is larger.
    """
    try:
        descriptor = os.open(path, _READING)
    except ValueError as error:  # as of a name with a zero byte
        raise OSError(errno.EINVAL, f"no file can have this name: {error}", str(path)) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if status.st_size > limit:
            raise _too_large(path, limit)
        yield file


def read_bytes(path: Path, limit: int = SMALL_FILE) -> bytes:
    """The content of a regular file.

    Raises
    ------
    OSError
        As `open_regular` does.
    """
    with open_regular(path, limit) as file:
        content = file.read(limit + 1)  # a file of the system tells no size
    if len(content) > limit:
        raise _too_large(path, limit)
    return content


def read_text(path: Path, limit: int = SMALL_FILE) -> str:
    """The content of a regular file in UTF-8.

    Raises
    ------
    OSError
        As `open_regular` does.
    UnicodeDecodeError
        It is no UTF-8.
    """
    return read_bytes(path, limit).decode("utf-8")


def _too_large(path: Path, limit: int) -> OSError:
    return OSError(errno.EFBIG, f"it is larger than {limit / 1e6:,.0f} MB", str(path))


@contextmanager
def refusing_unwritable(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of what writes to `path` into a `PowrlError` that names it."""
    try:
        yield
    except OSError as error:
        advice = "free some space there or choose" if error.errno in FULL else "choose"
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


def write_bytes_whole(path: Path, content: bytes | memoryview) -> None:
    """`write_whole` for bytes."""
    write_whole(path, lambda file: file.write(content))


def write_text_whole(path: Path, text: str) -> None:
    """`write_whole` for a text, in UTF-8; half characters, as of odd paths, are escaped."""
    write_bytes_whole(path, text.encode("utf-8", "backslashreplace"))


def require_space(path: Path) -> None:
    """Find out before minutes of work, not after, that a file cannot be written.

    Raises
    ------
    PowrlError
        The place cannot be written, or is full.
    """
    probe = path.with_name(path.name + ".probe")
    write_bytes_whole(probe, b"0" * 65_536)
    probe.unlink(missing_ok=True)  # another who asked at the same time may have removed it


def require_writable(folder: Path) -> None:
    """Find out before minutes of work that a folder cannot be made or written; make nothing.

    Raises
    ------
    PowrlError
        It, or what it would be made in, is no folder or cannot be written.
    """
    absolute = folder.absolute()
    with refusing_unwritable(folder):
        place = next(part for part in (absolute, *absolute.parents) if os.path.lexists(part))
        if not place.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def refuse_overwriting(path: Path, force: bool) -> None:
    """Refuse a file that is there already, unless by `force`; a folder in any case."""
    if path.is_dir() or (path.exists() and not force):
        raise PowrlError(f"{path} exists already; choose another --output, or give --force.")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the parent is no folder: nothing was made
        return
