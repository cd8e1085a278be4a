"""The blocks of a tutorial that are run.

A fenced block with ``title="NAME"`` is written to a file of that name. A block after
``<!-- run -->`` is run: Python in one namespace for the page, else each line ``powrl ...`` as a
command. ``<!-- run: OPTIONS -->`` adds options to the commands, which make them short. Blocks after
``<!-- run long -->`` are left to ``python -m documentation.tutorials``, which runs all.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from powrl.cli.main import app

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tutorials"

_BLOCK = re.compile(
    r"(?:<!-- run(?P<long> long)?(?:: (?P<options>[^>]*?))? -->\n(?P<run>))?"
    r"^```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block that is written or run.

    Attributes
    ----------
    language:
        What stands behind the fence: ``python``, ``yaml`` or nothing.
    text:
        What is in it.
    title:
        Name of the file that it is written to; empty: none.
    options:
        Options that its commands are run with; None: it is not run.
    is_long:
        Whether the tests leave it out.
    """

    language: str
    text: str
    title: str
    options: list[str] | None
    is_long: bool


class TutorialError(Exception):
    """A block did not do what its page says."""


ORDER = ("first-score", "train", "submit", "blackout", "extend")
"""The tutorials in the order of the site; later ones go on with files of earlier ones."""


def pages() -> list[Path]:
    """All tutorials, in order."""
    return [FOLDER / f"{name}.md" for name in ORDER]


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page that are written or run."""
    blocks = [
        Block(
            match["language"],
            match["text"],
            match["title"] or "",
            None if match["run"] is None else shlex.split(match["options"] or ""),
            match["long"] is not None,
        )
        for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]
    return [block for block in blocks if block.title or block.options is not None]


def run(page: Path, long: bool = True) -> None:
    """Write and run the blocks of a page in the present folder.

    Parameters
    ----------
    long:
        Whether the long ones are run, too.

    Raises
    ------
    TutorialError
        A command ended with another exit code than 0.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.title:
            Path(block.title).write_text(block.text, encoding="utf-8")
        if block.options is None or (block.is_long and not long):
            continue
        if block.language == "python":
            exec(compile(block.text, str(page), "exec"), names)  # noqa: S102 - pages of our own
            continue
        for line in block.text.splitlines():
            _run_command(shlex.split(line, comments=True), block.options)


def _run_command(words: list[str], options: list[str]) -> None:
    if not words:
        return
    if words[0] != "powrl":
        raise TutorialError(f"only commands of powrl are run: {shlex.join(words)}")
    result = CliRunner().invoke(app, [*words[1:], *options])
    if result.exit_code:
        raise TutorialError(f"{shlex.join(words)}: {result.exception!r}\n{result.output}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for tutorial in pages():
            run(tutorial)
