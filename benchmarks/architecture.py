"""Write the picture of the rooms, and what is in them, to docs/explanation/architecture.md.

    python -m benchmarks.architecture

It is made from the code: the arrows are its imports, the words those of the rooms' docstrings.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "powrl"
PAGE = ROOT / "docs" / "explanation" / "architecture.md"

HEAD = """# The architecture

This page is written by `python -m benchmarks.architecture` from the code. An arrow is an import;
all point down. `powrl/player` is what a submission carries. It imports nothing outside itself.

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
    lines = ["```mermaid", "flowchart TD", "  subgraph player [powrl/player: the wall]"]
    for start, end in arrows(PACKAGE / "player"):
        lines.append(f"    player.{start}[{start}] --> player.{end}[{end}]")
    lines += ["  end", *(f"  {start} --> {end}" for start, end in arrows(PACKAGE))]
    lines += ["```", ""]
    for room in rooms():
        docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
        first, _, rest = (docstring or "").partition("\n")
        name = room.relative_to(ROOT).as_posix()
        lines += [f"## `{name}`", "", first, "", rest.strip().replace("``", "`"), ""]
    return HEAD + "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
