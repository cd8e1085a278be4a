"""Locks of folders, on Linux and macOS; Windows opens no folder, so that none is locked there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def locked_folder(folder: Path) -> Iterator[bool | None]:
    """Lock a folder while the context lasts, or until the process ends, however that ends.

    Parameters
    ----------
    folder:
        A folder, and no link to one.

    Yields
    ------
    bool or None
        Whether it is locked; False: another process has locked it; None: the system or the file
        system knows no locks.

    Raises
    ------
    OSError
        The folder cannot be opened.

    Examples
    --------
    >>> with locked_folder(Path("runs/train-1")) as is_locked:  # doctest: +SKIP
    ...     print(is_locked)
    """
    if sys.platform == "win32":
        yield None
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        yield _flock(descriptor)
    finally:
        os.close(descriptor)


def _flock(descriptor: int) -> bool | None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
