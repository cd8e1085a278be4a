"""What a module imports of the sources beside it, found without running any of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def imported_sources(file: Path) -> list[Path]:
    """The source files below a module's folder that it imports, and itself, by name.

    Directly or not, relatively or by a path from that folder, and inside functions, too; with the
    ``__init__`` of the packages that they lie in. What is imported by a computed name is not found.

    Raises
    ------
    SyntaxError
        One of them is no Python.
    OSError, ValueError
        One cannot be read.
    """
    root = file.parent
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.add(source)
            waiting.extend(each for each in _sought(source, root) if each.is_file())
    return sorted(found)


def _sought(source: Path, root: Path) -> Iterator[Path]:
    """Where what a source imports may lie."""
    for node in ast.walk(ast.parse(source.read_bytes(), str(source))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files_of(root, alias.name, root)
        elif isinstance(node, ast.ImportFrom):
            base = source.parents[node.level - 1] if node.level else root
            for alias in node.names:
                yield from _files_of(base, f"{node.module or ''}.{alias.name}", root)


def _files_of(base: Path, name: str, root: Path) -> Iterator[Path]:
    """A module or package, or what it is a name in; and the packages around it below `root`."""
    path = base.joinpath(*name.split("."))
    for each in (path, *path.parents):
        if root not in each.parents:
            return
        yield each.with_name(f"{each.name}.py")
        yield each / "__init__.py"
