"""Packed time series: files that unpack to gigabytes are refused before grid2op reads them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..player.files import open_regular

OPENERS: dict[str, Callable[..., Any]] = {".bz2": bz2.open, ".gz": gzip.open, ".xz": lzma.open}
"""Suffix of a packed file -> what opens it."""

MOST_UNPACKED = 10**9
"""Bytes that a table may unpack to: a year of 5 minutes on a large grid has half of them."""

_CHUNK = 2**20
_HEAD = 2**14
_SUSPICIOUS = 100
"""A table of numbers unpacks to ten times its size; some tables hold the same number everywhere."""
_ALWAYS_READ = 10**8
"""Bytes of a packed file from which on it is unpacked for a look, whatever its beginning is."""


def unpacks_to_too_much(path: Path, size: int) -> bool:
    """Whether a packed file unpacks to more than `MOST_UNPACKED` bytes; False for any other file.

    Only a file whose beginning unpacks to much, or that is large, is unpacked for a look, in
    chunks and no further than the limit.

    Parameters
    ----------
    size:
        Bytes of the file.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    if path.suffix not in OPENERS:
        return False
    return _unpacks_to_too_much(path, size, path.stat().st_mtime_ns)


@lru_cache(maxsize=100_000)
def _unpacks_to_too_much(path: Path, size: int, _time: int) -> bool:
    if size < _ALWAYS_READ and not _begins_suspiciously(path):
        return False
    total = 0
    try:
        with open_regular(path) as packed, OPENERS[path.suffix](packed, "rb") as content:
            while total <= MOST_UNPACKED and (chunk := content.read(_CHUNK)):
                total += len(chunk)
    except (EOFError, zlib.error, lzma.LZMAError):  # damaged: grid2op says so
        return False
    return total > MOST_UNPACKED


def _begins_suspiciously(path: Path) -> bool:
    """Whether the beginning of a file unpacks to far more than its size."""
    with open_regular(path) as file:
        head = file.read(_HEAD)
    try:
        if path.suffix == ".gz":
            unpacked = zlib.decompressobj(wbits=31).decompress(head, _SUSPICIOUS * _HEAD + 1)
        elif path.suffix == ".bz2":
            unpacked = bz2.BZ2Decompressor().decompress(head, _SUSPICIOUS * _HEAD + 1)
        else:
            unpacked = lzma.LZMADecompressor().decompress(head, _SUSPICIOUS * _HEAD + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):  # damaged: grid2op says so
        return False
    return len(unpacked) > _SUSPICIOUS * len(head)
