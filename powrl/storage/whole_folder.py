"""Folders that are whole or not there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = "-partial-"
"""In the names of folders that are being filled; what a kill leaves behind has it, too."""


@contextmanager
def whole_folder(target: Path, beside: Path | None = None) -> Iterator[Path]:
    """An empty folder to be filled, which gets its place at the end of the context.

    After an error nothing is left of it.

    Parameters
    ----------
    target:
        Its place, where nothing is yet.
    beside:
        The folder in which it is filled; by default that of `target`. It has to be on the same
        file system.

    Raises
    ------
    OSError
        The place cannot be written.
    """
    place = beside or target.parent
    with tempfile.TemporaryDirectory(prefix=f"{target.name}{PARTIAL}", dir=place) as parent:
        partial = Path(parent) / target.name
        partial.mkdir()
        yield partial
        partial.rename(target)
