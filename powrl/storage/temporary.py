"""Folders for foreign code to play in, which are gone afterwards."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder that goes with the context, with whatever foreign code has made in it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
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
