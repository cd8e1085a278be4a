from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.table import Table

import powrl.cli
from powrl.cli.console import plain_console

ODD = "red[/b] [bold] :smile:"
MODULES = sorted(Path(powrl.cli.__file__).parent.glob("*.py"))


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def test_texts_titles_and_cells_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    console = plain_console()
    table = Table(ODD, title=ODD)
    table.add_row(ODD)
    console.print(f"run folder: {ODD}")
    console.print(table)
    assert capsys.readouterr().out.count(ODD) == 4


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_command_prints_with_the_plain_console(module: Path) -> None:
    assert list(_ways_around(module)) == []


def _ways_around(module: Path) -> Iterator[str]:
    """What in a module prints, or may print, with another console, or makes or allows markup."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = {name.name for name in node.names}
            if node.module == "rich.markup" or (node.module == "rich" and names):
                yield ast.unparse(node)
        elif isinstance(node, ast.Call):
            function = ast.unparse(node.func).split(".")[-1]
            keywords = {keyword.arg for keyword in node.keywords}
            if function == "Console" and module.stem != "console":
                yield ast.unparse(node)
            if function == "Progress" and "console" not in keywords:
                yield ast.unparse(node)
            if "markup" in keywords and module.stem != "console":
                yield ast.unparse(node)
