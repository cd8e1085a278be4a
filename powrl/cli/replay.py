"""``powrl replay``: the episodes of a scoring as a page to explore, and one of them as a GIF."""

from __future__ import annotations

from pathlib import Path

import typer

from ..errors import PowrlError, count


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
        help="Name of the agent in the GIF; by default the first that is no baseline. With --from: "
        "the agent that plays on, as powrl score takes it or by its name in the run.",
        show_default=False,
    ),
    seed: int | None = typer.Option(
        None, help="Number of the seed; by default all.", show_default=False
    ),
    first: int | None = typer.Option(
        None, min=0, help="First step of the GIF.", show_default=False
    ),
    last: int | None = typer.Option(None, min=0, help="Last step of the GIF.", show_default=False),
    step: int | None = typer.Option(
        None, "--from", min=0, help="Play on from this step otherwise.", show_default=False
    ),
    action: str | None = typer.Option(
        None,
        help="With --from: the action of that step, as JSON for grid2op's action_space.",
        show_default=False,
    ),
    recorded: str | None = typer.Option(
        None,
        help="With --from: name of the agent whose episode it is; by default the first that is "
        "no baseline.",
        show_default=False,
    ),
    output: Path | None = typer.Option(
        None, help="Folder for the files; by default that of the run.", show_default=False
    ),
) -> None:
    """Show what happened: the grid, loads, attacks, actions, candidates and reasons.

    The page has all agents side by side, and works offline. Without steps, a GIF is the end of an
    episode that ended early, else the time around its highest load.
    """
    from ..scoring.replay.functions import replay

    if step is not None:
        if scenario is None or (first, last) != (None, None):
            raise PowrlError("--from needs the SCENARIO, and goes without --first and --last.")
        _play_on(run, scenario, step, agent, action, recorded, seed, output)
        return
    if action is not None or recorded is not None:
        raise PowrlError("--action and --recorded are for playing on; say --from STEP, too.")
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


def _play_on(
    run: Path,
    scenario: str,
    step: int,
    agent: str | None,
    action: str | None,
    recorded: str | None,
    seed: int | None,
    output: Path | None,
) -> None:
    """Play on, and say what would have happened."""
    from ..scoring.replay.continuation import play_on  # grid2op's simulation is loaded with it

    course = play_on(
        run,
        scenario,
        step,
        agent=agent,
        action=action,
        recorded=recorded,
        seed=seed,
        output=output,
    )
    typer.echo(
        f"Recorded: {course.recorded} of {count(course.max_steps, 'step')}; played on from "
        f"step {step}: {course.other}."
    )
    typer.echo(f"Written: {course.page} (open {course.page.resolve().as_uri()}#{course.place}).")
