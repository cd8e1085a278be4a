"""Write docs/explanation/architecture.md, and the pictures of the rooms in it.

    python -m benchmarks.architecture

They are made from the code: the arrows are its imports, the words those of the rooms' docstrings.
"""

from __future__ import annotations

import ast
from pathlib import Path

from .layers import drawing

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "powrl"
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
IMAGES = ROOT / "docs" / "images"
HOUSES = {"architecture.svg": PACKAGE, "player.svg": PACKAGE / "player"}
"""Name of each picture -> the folder whose parts it shows."""

HEAD = """# The architecture

This page is written by `python -m benchmarks.architecture` from the code. An arrow is an import,
and all point down. An import that follows from others has no arrow.

![The rooms of powrl in layers, from the command line down to the player][rooms]

`powrl/player` is what a submission carries. It imports nothing outside itself. Its own rooms:

![The rooms of the player in layers, from the rules down to the grid][player]

[rooms]: ../images/architecture.svg
[player]: ../images/player.svg

"""


def rooms() -> list[Path]:
    """The folders of the package, with the module that tells their files."""
    return sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)


def imports_of(module: Path, house: Path) -> set[str]:
    """The parts of a house that a module below it imports."""
    parts = module.relative_to(house).with_suffix("").parts
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and 0 < node.level <= len(parts):
            parent = parts[: len(parts) - node.level]
            target = (*parent, *(node.module or "").split("."))
            names |= {target[0]} if target[0] else {alias.name for alias in node.names}
    return names - {parts[0]}


def arrows(house: Path) -> list[tuple[str, str]]:
    """From which part of a house to which its imports lead, without what follows from others."""
    parts = sorted(path.name for path in house.iterdir() if (path / "__init__.py").exists())
    below = {
        part: {
            name
            for module in (house / part).rglob("*.py")
            for name in imports_of(module, house)
            if name in parts
        }
        for part in parts
    }
    reach: dict[str, set[str]] = {}

    def reached(part: str) -> set[str]:
        if part not in reach:
            reach[part] = set().union(*(reached(name) | {name} for name in below[part]))
        return reach[part]

    return [
        (part, name)
        for part in parts
        for name in sorted(below[part])
        if not any(name in reached(other) for other in below[part] - {name})
    ]


def page() -> str:
    """The whole page, in Markdown."""
    lines: list[str] = []
    for room in rooms():
        docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
        first, _, rest = (docstring or "").partition("\n")
        name = room.relative_to(ROOT).as_posix()
        lines += [f"## `{name}`", "", first, "", rest.strip().replace("``", "`"), ""]
    return HEAD + "\n".join(lines).rstrip() + "\n"


def pictures() -> dict[str, str]:
    """Name of each picture, and the picture as SVG."""
    return {name: drawing(arrows(house)) for name, house in HOUSES.items()}


if __name__ == "__main__":
    for name, text in pictures().items():
        (IMAGES / name).write_text(text, encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
