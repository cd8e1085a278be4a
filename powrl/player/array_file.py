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
from .files import open_regular, write_whole

_ARRAY = ".npy"

MAX_BYTES = 512 * 10**6
"""All arrays of a file together at most, unpacked."""

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
        with open_regular(path, MAX_BYTES) as file:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
            if not all(entry.filename.endswith(_ARRAY) for entry in entries):
                raise ValueError("it holds something else than arrays")
            if sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise ValueError(f"it holds more than {MAX_BYTES / 1e6:.0f} MB")
            names = [entry.filename[: -len(_ARRAY)] for entry in entries]
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                return {name: np.asarray(arrays[name]) for name in names}
    except FileNotFoundError as error:
        raise PowrlError(f"there is no {kind} {path}.") from error
    except _DAMAGED as error:
        raise PowrlError(
            f"the {kind} {path} is damaged or no npz file "
            f"({getattr(error, 'strerror', None) or error}); {remedy}."
        ) from error
