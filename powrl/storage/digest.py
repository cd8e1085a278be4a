"""Digests of files: what a run was made from is known again, or known to have changed."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest_of(*parts: Path) -> str:
    """A digest of files, and of all files in folders but Python's own: names and contents."""
    digest = hashlib.sha256()
    for part in parts:
        for path in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if path.is_file() and path.parent.name != "__pycache__":
                digest.update(
                    path.relative_to(part.parent).as_posix().encode(errors="surrogateescape")
                    + b"\0"
                )
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
