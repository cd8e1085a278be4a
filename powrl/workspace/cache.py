"""The user's cache folder, for what is expensive to make and can be made again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path

from ..errors import PowrlError

CACHE_VARIABLE = "POWRL_CACHE"
"""Environment variable with another place for the cache."""

KINDS = {
    "references": "grid2op's reference runs and the episodes of its agents, of powrl score",
    "stacks": "virtual environments of powrl check --stack and powrl data generate",
    "folders": "folders that came with tasks of another machine, by --backend ray",
}
"""What is kept, each kind in a folder of this name."""

_OURS = re.compile(r"[0-9a-f]{64}([.-].*)?")
"""Names in the cache: a digest, with a suffix while the file is written or removed."""


@dataclass(frozen=True)
class CachedItems:
    """What is kept of one kind.

    Attributes
    ----------
    kind:
        One of `KINDS`.
    folder:
        Where it lies; it may hold other things, too.
    paths:
        Files and folders in it that are powrl's own; also what a kill left half written.
    n_bytes:
        The sum of the sizes of all files.
    """

    kind: str
    folder: Path
    paths: tuple[Path, ...]
    n_bytes: int


def cache_folder(kind: str) -> Path:
    """Where what is kept of one kind lies; it may not be there yet."""
    folder_named = os.environ.get(CACHE_VARIABLE)
    return (Path(folder_named) if folder_named else user_cache_path("powrl")) / kind


def make_cache_folder(folder: Path) -> None:
    """Make a folder of the cache, where it is not there yet.

    Raises
    ------
    PowrlError
        The cache cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _misplaced("write", folder, error) from error


def kept_in_cache() -> list[CachedItems]:
    """What powrl keeps in the cache folder, of each kind.

    Raises
    ------
    PowrlError
        It cannot be read.
    """
    items = []
    for kind in KINDS:
        folder = cache_folder(kind)
        with _refusing(folder):
            paths = _inside(folder)
            ours = tuple(
                path for path in paths if _OURS.fullmatch(path.name) and not path.is_symlink()
            )
            inside = [file for path in ours for file in (path, *path.rglob("*"))]
            n_bytes = sum(file.lstat().st_size for file in inside if not file.is_dir())
            items.append(CachedItems(kind, folder, ours, n_bytes))
    return items


def remove_kept(items: CachedItems) -> None:
    """Remove what `kept_in_cache` found of a kind, and its folder where nothing else is in it.

    Raises
    ------
    PowrlError
        Something cannot be removed.
    """
    for path in items.paths:
        with _refusing(path):
            if not path.is_dir():
                path.unlink()
                continue
            # first out of its place: half of a virtual environment would be used
            with TemporaryDirectory(prefix=f"{path.name}-removed-", dir=path.parent) as removed:
                path.rename(Path(removed) / path.name)
    with _refusing(items.folder):
        if items.folder.is_dir() and not any(items.folder.iterdir()):
            items.folder.rmdir()


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except NotADirectoryError as error:
        raise _misplaced("read", folder, error) from error


def _misplaced(subject: str, folder: Path, error: OSError) -> PowrlError:
    return PowrlError(
        f"cannot {subject} the cache {folder} ({error.strerror}); name another place in the "
        f"environment variable {CACHE_VARIABLE}."
    )


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PowrlError(
            f"cannot read or remove {path} in the cache ({error.strerror or error}); try again "
            "when no other powrl runs, as the user who wrote it."
        ) from error
