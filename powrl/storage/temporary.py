"""Folders for foreign code to play in, which are gone afterwards, also those of a killed run."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

_NEW = ".new-"
"""Beginning of the name of a folder that is not locked yet."""


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder that goes with the context, with whatever foreign code has made in it.

    Folders of the same prefix that a killed process has left are removed, too.

    Parameters
    ----------
    prefix:
        Beginning of its name.
    """
    _remove_left(prefix)
    new = Path(tempfile.mkdtemp(prefix=_NEW + prefix))
    lock = os.open(new, os.O_RDONLY)  # it ends with the process, however that ends
    try:
        _locked(lock)
        folder = new.rename(new.with_name(new.name.removeprefix(_NEW)))
        try:
            yield folder
        finally:
            remove_folder(folder)
    finally:
        os.close(lock)


def remove_folder(top: Path) -> None:
    """Remove a folder however deep it is, where ``shutil.rmtree`` fails: its paths are too long."""
    folders = [top]
    while folders:
        folder = folders.pop()
        for entry in list(folder.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                entry.chmod(stat.S_IRWXU)
                folders.append(entry.rename(top / token_hex(16)))
            else:
                entry.unlink()
        if folder != top:
            folder.rmdir()
    top.rmdir()


def _remove_left(prefix: str) -> None:
    """Remove the folders whose process was killed: nobody holds their lock any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):  # it is another user's, or another process removes it
            descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                if os.fstat(descriptor).st_uid == os.getuid() and _locked(descriptor):
                    remove_folder(folder)
            finally:
                os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Lock a folder, unless another process has."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another process has, or the file system knows no locks
        return False
    return True
