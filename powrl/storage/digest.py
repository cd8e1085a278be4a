"""Digests of files: what a run was made from is known again, or known to have changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..errors import PowrlError
from ..player.files import LARGE_FILE, open_regular

_CHUNK = 2**20


def digest_of_json(body: Any) -> str:
    """A digest of plain data, whatever the order of its keys.

    Examples
    --------
    >>> digest_of_json({"a": 1, "b": 2}) == digest_of_json({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def digest_of(*parts: Path) -> str:
    """A digest of files, and of all files in folders but Python's own: names and contents.

    Raises
    ------
    PowrlError
        A file cannot be read, or all together are larger than `LARGE_FILE`.
    """
    digest = hashlib.sha256()
    limit = LARGE_FILE
    for part in parts:
        for path in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if path.is_file() and path.parent.name != "__pycache__":
                digest.update(
                    path.relative_to(part.parent).as_posix().encode(errors="surrogateescape")
                    + b"\0"
                )
                try:
                    content, size = _digest_of_file(path, limit)
                except OSError as error:
                    raise PowrlError(
                        f"{path} cannot be read ({error.strerror}); leave it out of {part}."
                    ) from error
                digest.update(content)
                limit -= size
    return digest.hexdigest()


def _digest_of_file(path: Path, limit: int) -> tuple[bytes, int]:
    """The digest of a file, and its size."""
    digest, size = hashlib.sha256(), 0
    with open_regular(path, limit) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.digest(), size
