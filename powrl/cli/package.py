"""``powrl package``: an agent as a submission zip."""

from __future__ import annotations

from pathlib import Path

import typer

from ..editions.editions import EditionName, find_edition
from . import completion


def command(
    agent: str = typer.Argument(
        autocompletion=completion.agents,
        help="Folder of an agent or of its training, or <environment>/<name> of a shipped one.",
    ),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="The zip (default: submissions/<environment>-<name>.zip)."
    ),
    edition: EditionName | None = typer.Option(
        None,
        help="The competition that it is for: the agent keeps within its limit of time.",
        show_default=False,
    ),
    force: bool = typer.Option(False, "--force", help="Overwrite a zip that is there already."),
) -> None:
    """Package an agent as a submission zip for an L2RPN competition."""
    from ..submission.functions import package

    written = package(agent, output, edition=edition, force=force)
    competition = find_edition(edition)
    if competition and not competition.seconds:
        typer.echo(f"The limit of time of {competition.title} is not known: the zip keeps none.")
    typer.echo(f"Written: {written}. Check it with: powrl check {written}")
