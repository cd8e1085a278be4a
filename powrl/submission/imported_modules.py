"""The modules that the source of a submission zip imports by their names."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path

from .unpacking import DAMAGES

_MAX_BYTES = 1024**2
"""Longer files are no source that somebody wrote."""


def imported_modules(path: Path) -> set[str]:
    """Top-level modules that the Python files in a zip import; nothing of it is run.

    A file that is no Python, or no zip, has none: the check says so where it unpacks it.
    """
    modules: set[str] = set()
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith(".py"):
                    with archive.open(entry) as file:
                        modules |= _imports_of(file.read(_MAX_BYTES))
    except (*DAMAGES, OSError):
        return modules
    return modules


def _imports_of(source: bytes) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            modules.add(node.module.partition(".")[0])
    return modules
