"""``powrl merge``: the shards of a contest, put together."""

from __future__ import annotations

from pathlib import Path

import typer

from ..workspace.runs import command_line


def command(
    runs: list[Path] = typer.Argument(
        metavar="RUN...", help="Run folders of all shards of powrl score --shard I/N."
    ),
    *,
    output: Path | None = typer.Option(
        None, help="Folder for the results; by default a new one in runs/."
    ),
) -> None:
    """Merge the shards of a contest into one table and one report; nothing is played."""
    from ..scoring.merging import merge
    from .interruption import Resumable
    from .score_display import ScoringDisplay

    result = merge(runs, output=output, command=command_line())
    ScoringDisplay(Resumable()).print_result(result)
