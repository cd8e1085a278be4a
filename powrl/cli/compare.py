"""``powrl compare``: one table and one report of several runs of ``powrl score``."""

from __future__ import annotations

from pathlib import Path

import typer

from ..editions.editions import CostUnits, EditionName
from ..workspace.runs import command_line


def command(
    runs: list[Path] = typer.Argument(metavar="RUN...", help="Run folders of powrl score."),
    *,
    edition: EditionName | None = typer.Option(
        None,
        help="Score as this competition did; by default that of the first run.",
        show_default=False,
    ),
    cost_units: CostUnits | None = typer.Option(
        None,
        help="Units of the operation cost; by default those of the first run.",
        show_default=False,
    ),
    common: bool = typer.Option(
        False, "--common", help="Leave out scenarios and seeds that some run has not played."
    ),
    other_versions: bool = typer.Option(
        False,
        "--other-versions",
        help="Compare runs of different versions of powrl and the simulators, too.",
    ),
    output: Path | None = typer.Option(
        None, help="Folder for the results; by default a new one in runs/."
    ),
) -> None:
    """Compare the agents of finished runs, paired by scenario and seed; nothing is played."""
    from ..scoring.comparison import compare
    from .interruption import Resumable
    from .score_display import ScoringDisplay

    result = compare(
        runs,
        edition=edition,
        cost_units=cost_units,
        common=common,
        other_versions=other_versions,
        output=output,
        command=command_line(),
    )
    ScoringDisplay(Resumable()).print_result(result)
