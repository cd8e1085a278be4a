"""What mkdocs calls: parts of pages that are made from the code, and files that go beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from documentation import command_line, configuration, features, schema

_MARKER = re.compile(r"<!-- generated: ([\w-]+) -->")

PARTS: dict[str, Callable[[], str]] = {
    "command-line": command_line.page,
    "configuration": configuration.page,
    "features": features.table,
    "settings": configuration.settings_page,
}
"""Name in a marker of a page -> the text that takes its place."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its generated parts."""
    return _MARKER.sub(lambda found: PARTS[found[1]](), markdown)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the schema of configurations beside the page that describes them."""
    name, content = f"reference/{schema.FILE.name}", schema.text()
    files.append(File.generated(config, name, content=content))
    return files
