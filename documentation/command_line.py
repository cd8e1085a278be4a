"""The page of the command line, from what each command prints as its help."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from typer.main import get_command
from typer.testing import CliRunner

from powrl.cli.main import app

WIDTH = 10_000
"""Columns of the terminal, so that no text is wrapped."""

_ENTRY = re.compile(r"  (?P<name>\S.*?)(?:  +(?P<text>\S.*))?$")
_DEFAULT = re.compile(r"default: ([^;\]]+)")


def commands() -> list[str]:
    """All commands, with those of a group after it: ``data``, ``data list``."""
    names = []
    for name, command in get_command(app).commands.items():
        names += [name, *(f"{name} {part}" for part in getattr(command, "commands", ()))]
    return names


def page() -> str:
    """All commands with their arguments and options, in Markdown."""
    parts = ["## powrl", "Options that stand before the command.", *_sections(_help())]
    for name in commands():
        parts += [f"## powrl {name}", *_sections(_help(*name.split()))]
    return "\n\n".join(parts)


def _help(*command: str) -> list[str]:
    """The lines that a command prints as its help."""
    result = CliRunner().invoke(app, [*command, "-h"], prog_name="powrl", terminal_width=WIDTH)
    return result.output.splitlines()


def _sections(lines: list[str]) -> Iterator[str]:
    """The parts of a help: its text, its usage, its arguments and its options."""
    usage, *rest = lines
    starts = [number for number, line in enumerate(rest) if re.match(r"\w+:$", line)]
    text = [line.strip() for line in rest[: starts[0]]]
    yield "\n".join(text).strip().replace("<", "&lt;")
    yield f"```\n{usage.removeprefix('Usage: ')}\n```"
    for start, end in zip(starts, [*starts[1:], len(rest)], strict=True):
        if rest[start] != "Commands:":
            yield "\n".join(_table(rest[start].rstrip(":"), rest[start + 1 : end]))


def _table(title: str, lines: list[str]) -> Iterator[str]:
    yield f"| {title.lower()} | default | meaning |"
    yield "|---|---|---|"
    for name, text in _entries(lines):
        meaning, _, limits = text.partition("  [")
        default = _DEFAULT.search(limits)
        shown = _code(default[1].strip()) if default else ""
        yield f"| {_code(name)} | {shown} | {html.escape(meaning).replace('|', '&#124;')} |"


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Name and text of each argument or option; a long name has its text in the next line."""
    name = ""
    for line in filter(str.strip, lines):
        entry = _ENTRY.match(line)
        if entry and not line.startswith("   "):
            name = entry["name"]
            if entry["text"]:
                yield name, entry["text"]
        else:
            yield name, line.strip()


def _code(text: str) -> str:
    """Code in a cell of a table, whose choices a narrow page puts into several lines."""
    return f"<code>{html.escape(text).replace('|', '<wbr>&#124;')}</code>"
