"""``powrl cache``: what powrl keeps in the user's cache folder, and removing it."""

from __future__ import annotations

import typer
from rich.table import Table
from rich.text import Text

from ..workspace.cache import KINDS, kept_in_cache, remove_kept
from .console import plain_console


def command(
    clear: bool = typer.Option(
        False, "--clear", help="Remove all that is listed; it is made again where it is needed."
    ),
) -> None:
    """List what powrl keeps in your cache folder, with its size, or remove it.

    What is not powrl's stays. Remove it while no other powrl runs.
    """
    items = kept_in_cache()
    table = Table("kept", "number", "MB", "folder")
    for item in items:
        size = f"{item.n_bytes / 1e6:,.1f}"
        table.add_row(
            KINDS[item.kind], str(len(item.paths)), size, Text(str(item.folder), overflow="fold")
        )
    plain_console().print(table)
    if clear:
        for item in items:
            remove_kept(item)
        typer.echo("All of it is removed.")
