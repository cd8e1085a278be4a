"""``powrl package``: an agent as a submission zip."""

from __future__ import annotations

from pathlib import Path

import typer

from ..shipped import find_agent
from ..submission.package import package_agent


def command(
    agent: str = typer.Argument(
        help="Folder of an agent, or <environment>/<name> of a shipped one."
    ),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="The zip [default: submissions/<environment>-<name>.zip]."
    ),
    force: bool = typer.Option(False, "--force", help="Overwrite a zip that is there already."),
) -> None:
    """Package an agent as a submission zip for an L2RPN competition."""
    written = package_agent(find_agent(agent), output, force)
    typer.echo(f"Written: {written}. Check it with: powrl check {written}")
