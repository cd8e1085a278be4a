"""What a numpy docstring says of each attribute."""

from __future__ import annotations

import inspect
import re

_ENTRY = re.compile(r"^(?P<names>\w+(?:, \w+)*):$")


def attributes(kind: type) -> dict[str, str]:
    """The text on each attribute in the section ``Attributes`` of a class and of its bases.

    Several names may share one entry. The text is one line of Markdown.
    """
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        texts.update(_entries(inspect.cleandoc(base.__doc__ or "")))
    return texts


def summary(kind: type) -> str:
    """The first paragraph of a docstring, in one line of Markdown."""
    return _line(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0])


def _entries(docstring: str) -> dict[str, str]:
    _, heading, section = docstring.partition("Attributes\n----------\n")
    if not heading:
        return {}
    section = re.split(r"\n\n\w+\n-{3,}\n", section)[0]
    entries: dict[str, list[str]] = {}
    names: list[str] = []
    for line in section.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            names = entry["names"].split(", ")
        for name in names if not entry else ():
            entries.setdefault(name, []).append(line.strip())
    return {name: _line("\n".join(lines)) for name, lines in entries.items()}


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
