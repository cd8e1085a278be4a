"""``powrl replay``: an episode of a scoring as a GIF and as a page to step through."""

from __future__ import annotations

from pathlib import Path

import typer


def command(
    run: Path = typer.Argument(help="Run folder of powrl score."),
    scenario: str = typer.Argument(help="Name of the scenario."),
    *,
    agent: str | None = typer.Option(
        None,
        help="Name of the agent in the report; by default the first that is no baseline.",
        show_default=False,
    ),
    seed: int = typer.Option(0, help="Number of the seed."),
    first: int | None = typer.Option(None, min=0, help="First step to show.", show_default=False),
    last: int | None = typer.Option(None, min=0, help="Last step to show.", show_default=False),
    output: Path | None = typer.Option(
        None, help="Folder for both files; by default that of the run.", show_default=False
    ),
) -> None:
    """Show an episode: the grid, loads, attacks, actions and their reasons.

    Without steps it is the end of an episode that ended early, else the time around its highest
    load.
    """
    from ..scoring.episode_replay import replay

    gif, page, steps = replay(
        run, scenario, agent=agent, seed=seed, first=first, last=last, output=output
    )
    typer.echo(f"Written: {gif} and {page}, steps {steps.start} to {steps.stop - 1}.")
