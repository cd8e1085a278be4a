"""Folders for foreign code to play in, which are gone afterwards, also those of a killed run."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from .locks import locked_folder

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
    with locked_folder(new):
        folder = new.rename(new.with_name(new.name.removeprefix(_NEW)))
        try:
            yield folder
        finally:
            remove_folder(folder)


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
        # it is another user's, or another process removes it
        with suppress(OSError), locked_folder(folder) as is_locked:
            if is_locked and folder.lstat().st_uid == os.getuid():
                remove_folder(folder)
