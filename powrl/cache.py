"""The user's cache folder, for what is expensive to make and can be made again."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

from .errors import PowrlError

CACHE_VARIABLE = "POWRL_CACHE"
"""Environment variable with another place for the cache."""


def cache_folder(kind: str) -> Path:
    """Where what is kept of one kind lies; it may not be there yet."""
    given = os.environ.get(CACHE_VARIABLE)
    return (Path(given) if given else user_cache_path("powrl")) / kind


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
        raise PowrlError(
            f"cannot write the cache {folder} ({error.strerror}); name another place in the "
            f"environment variable {CACHE_VARIABLE}."
        ) from error
