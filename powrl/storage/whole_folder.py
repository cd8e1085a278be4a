"""Folders that are whole or not there."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PARTIAL = "-partial-"
"""In the names of folders that are being filled; what a kill leaves behind has it, too."""

_RANDOM = re.compile("[a-z0-9_]{8}")
"""The end of such a name, as `tempfile` draws it."""


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
    with tempfile.TemporaryDirectory(prefix=f"{target.name}{_PARTIAL}", dir=place) as parent:
        partial = Path(parent) / target.name
        partial.mkdir()
        yield partial
        partial.rename(target)


def remove_partial_folders(place: Path, targets: re.Pattern[str]) -> None:
    """Remove the folders that killed processes were filling, and nothing of another name.

    Parameters
    ----------
    place:
        The folder in which they were filled.
    targets:
        The names that they would have got, in full.

    Raises
    ------
    OSError
        One of them cannot be removed.

    Examples
    --------
    >>> remove_partial_folders(Path("weeks"), re.compile("week_[0-9]+"))  # doctest: +SKIP
    """
    for path in list(place.iterdir()):
        target, mark, ending = path.name.rpartition(_PARTIAL)
        has_name = mark and targets.fullmatch(target) and _RANDOM.fullmatch(ending)
        if has_name and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
