"""``powrl replay``: the episodes of a scoring as a page to explore, and one of them as a GIF."""

from __future__ import annotations

from pathlib import Path

import typer

from ..scoring.replay.functions import replay
from ..storage.text import count


def command(
    run: Path = typer.Argument(help="Run folder of powrl score."),
    scenario: str | None = typer.Argument(
        None,
        help="Name of one scenario, which gets a GIF, too; by default all.",
        show_default=False,
    ),
    *,
    agent: str | None = typer.Option(
        None,
        help="Name of the agent in the GIF; by default the first that is no baseline.",
        show_default=False,
    ),
    seed: int | None = typer.Option(
        None, help="Number of the seed; by default all.", show_default=False
    ),
    first: int | None = typer.Option(
        None, min=0, help="First step of the GIF.", show_default=False
    ),
    last: int | None = typer.Option(None, min=0, help="Last step of the GIF.", show_default=False),
    output: Path | None = typer.Option(
        None, help="Folder for the files; by default that of the run.", show_default=False
    ),
) -> None:
    """Show what happened: the grid, loads, attacks, actions, candidates and reasons.

    The page has all agents side by side, and works offline. Without steps, a GIF is the end of an
    episode that ended early, else the time around its highest load.
    """
    written = replay(run, scenario, agent=agent, seed=seed, first=first, last=last, output=output)
    if written.gif is not None and written.steps is not None:
        steps = f"steps {written.steps.start} to {written.steps.stop - 1}"
        typer.echo(f"Written: {written.gif}, {steps}.")
    typer.echo(f"Written: {written.page}, {count(written.episodes, 'episode')}.")
    if written.without:
        typer.echo(
            f"No room for {count(len(written.without), 'scenario')}; name one to see it: powrl "
            f"replay {run} {written.without[0]}"
        )
