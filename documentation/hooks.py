"""What mkdocs calls: parts of pages that are made from the code, and files that go beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from documentation import command_line, configuration, features, schema

ROOT = Path(__file__).resolve().parents[1]

_GENERATED = re.compile(r"<!-- generated: ([\w-]+) -->")
_FILE = re.compile(r"<!-- file: ([\w/.-]+) -->")
_RESULTS = "<!-- results of README.md -->"

PARTS: dict[str, Callable[[], str]] = {
    "command-line": command_line.page,
    "configuration": configuration.page,
    "features": features.table,
    "settings": configuration.settings_page,
}
"""Name in a marker of a page -> the text that takes its place."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its generated parts, files of the project, and the results of the README."""
    markdown = _GENERATED.sub(lambda marker: PARTS[marker[1]](), markdown)
    markdown = _FILE.sub(lambda marker: _code(ROOT / marker[1]), markdown)
    return markdown.replace(_RESULTS, results()) if _RESULTS in markdown else markdown


def results() -> str:
    """The table of results of the README, the one place that has it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.split("<!-- results: start -->")[1].split("<!-- results: end -->")[0].strip()


def _code(path: Path) -> str:
    return f'```python title="{path.name}"\n{path.read_text(encoding="utf-8").strip()}\n```'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the schema of configurations beside the page that describes them."""
    name, content = f"reference/{schema.FILE.name}", schema.text()
    files.append(File.generated(config, name, content=content))
    return files
