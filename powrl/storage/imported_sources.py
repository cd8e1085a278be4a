"""The sources beside a module that it imports, found without running any of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ..player.files import read_bytes


def imported_sources(
    file: Path, root: Path | None = None, relative_only: bool = False
) -> list[Path]:
    """List a module and the source files below a folder that it imports, by name.

    Directly or not, relatively or by a path from that folder, and inside functions, too; with the
    ``__init__`` of the packages that they lie in. An import by a computed name is not found.

    Parameters
    ----------
    root:
        The folder; that of the module when left out.
    relative_only:
        Follow relative imports alone.

    Raises
    ------
    SyntaxError
        One of them is no Python.
    OSError, ValueError
        One cannot be read.
    """
    root = root or file.parent
    sources: set[Path] = set()
    waiting = [file]
    while waiting:
        source = waiting.pop()
        if source not in sources:
            sources.add(source)
            candidates = _candidates(source, root, relative_only)
            waiting.extend(path for path in candidates if path.is_file())
    return sorted(sources)


def _candidates(source: Path, root: Path, relative_only: bool) -> Iterator[Path]:
    """Where the imports of a source may lie."""
    for node in ast.walk(ast.parse(read_bytes(source), str(source))):
        if isinstance(node, ast.Import) and not relative_only:
            for alias in node.names:
                yield from _files_of(root, alias.name, root)
        elif isinstance(node, ast.ImportFrom) and (node.level or not relative_only):
            base = source.parents[node.level - 1] if node.level else root
            for alias in node.names:
                yield from _files_of(base, f"{node.module or ''}.{alias.name}", root)


def _files_of(base: Path, name: str, root: Path) -> Iterator[Path]:
    """A module or package, or what it is a name in; and the packages around it below `root`."""
    path = base.joinpath(*name.split("."))
    for place in (path, *path.parents):
        if root not in place.parents:
            return
        yield place.with_name(f"{place.name}.py")
        yield place / "__init__.py"
