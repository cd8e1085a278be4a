"""Named arrays in a file (npz), without pickled objects."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .errors import PowrlError
from .files import write_whole

_ARRAY = ".npy"

_DAMAGED = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    SyntaxError,
    TypeError,
    tokenize.TokenError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy and zipfile raise on a damaged file, depending on which byte it hits."""


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write a compressed npz file; replaces `path` only when complete."""
    write_whole(path, lambda file: np.savez_compressed(file, **dict(arrays)))


def load_arrays(path: Path, kind: str, remedy: str) -> dict[str, np.ndarray]:
    """All arrays of an npz file.

    Parameters
    ----------
    kind, remedy:
        What the file is, and what to do when it is damaged.

    Raises
    ------
    PowrlError
        There is no such file, or it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = archive.namelist()
        if not all(name.endswith(_ARRAY) for name in files):
            raise ValueError("it holds something else than arrays")
        names = [name[: -len(_ARRAY)] for name in files]
        with np.load(path, allow_pickle=False) as file:
            return {name: np.asarray(file[name]) for name in names}
    except FileNotFoundError as error:
        raise PowrlError(f"there is no {kind} {path}.") from error
    except _DAMAGED as error:
        raise PowrlError(
            f"the {kind} {path} is damaged or no npz file ({error}); {remedy}."
        ) from error
