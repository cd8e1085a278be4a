"""Folders that travel with tasks to machines that do not have them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol, runtime_checkable

from ..storage.digest import digest_of
from ..storage.temporary import remove_folder
from ..workspace.cache import cache_folder, make_cache_folder

KIND = "folders"
"""Kind of the cache in which folders that have travelled are kept."""

Places = Mapping[Path, Path]
"""Path of a folder on the machine of the user -> its path on the machine of the task."""


@dataclass(frozen=True)
class Folder:
    """A folder, or a single file, that tasks read.

    Attributes
    ----------
    path:
        Absolute path on the machine of the user.
    parts:
        Names of the folders in it that are read; none: all of it.
    """

    path: Path
    parts: tuple[str, ...] = ()

    def digest(self) -> str:
        """Digest of all files that travel."""
        return digest_of(*(self.path / part for part in self.parts or ("",)))

    def packed(self) -> bytes:
        """All files that travel, as a tar file."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for part in self.parts or ("",):
                archive.add(self.path / part, Path(self.path.name) / part, filter=_without_caches)
        return buffer.getvalue()


@runtime_checkable
class Relocatable(Protocol):
    """What names folders, and can name them on another machine."""

    def relocated(self, places: Places) -> Any:
        """The same with the folders where they lie on the machine of the task."""
        ...


def relocated_path(path: str | Path, places: Places) -> Path:
    """A path as it is on the machine of the task.

    Examples
    --------
    >>> str(relocated_path("/home/me/data/week", {Path("/home/me/data"): Path("/tmp/1")}))
    '/tmp/1/week'
    """
    path = Path(path)
    for parent in (path, *path.parents):
        if parent in places:
            return places[parent] / path.relative_to(parent)
    return path


def unpacked(name: str, digest: str, archive: bytes) -> Path:
    """Place of a folder that has come as a tar file; it is unpacked once for each user.

    Parameters
    ----------
    name, digest, archive:
        Last part of its path, and what `Folder` has given for it.

    Raises
    ------
    PowrlError
        The cache cannot be written.
    """
    place = place_of(digest)
    if not place.exists():
        make_cache_folder(place.parent)
        partial = place.with_name(f"{digest}.{token_hex(8)}")
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(partial, filter="data")
        try:
            partial.rename(place)
        except OSError:  # another task was faster
            remove_folder(partial)
    return place / name


def place_of(digest: str) -> Path:
    """Where a folder of this digest lies once it is unpacked."""
    return cache_folder(KIND) / digest


def _without_caches(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if Path(member.name).name == "__pycache__" else member
