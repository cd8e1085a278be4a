"""``powrl replay``: an episode of a scoring as a GIF and as a page to step through."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import typer

from ..errors import PowrlError
from ..player.files import refusing_unwritable
from ..scoring.contestants.own import BASELINES
from ..scoring.recording import Recording
from ..scoring.replay import steps_to_show, write_replay
from .score import read_scores, recording_of_score


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
    scores = read_scores(run)
    if not scores:
        raise PowrlError(f"{run} is no run folder of powrl score with an episode; give one.")
    others = [score.agent for score in scores if score.agent not in BASELINES]
    asked = {"agent": agent or (others or [scores[0].agent])[0], "scenario": scenario, "seed": seed}
    for key, given in asked.items():
        known = list(dict.fromkeys(getattr(score, key) for score in scores))
        if given not in known:
            told = ", ".join(map(str, known))
            raise PowrlError(f"there is no {key} {given!r} in {run}; it has {told}.")
        scores = [score for score in scores if getattr(score, key) == given]
    (score,) = scores
    recording = Recording.load(recording_of_score(run, score))
    steps = steps_to_show(recording, first, last, score.max_steps)
    folder = output or run
    name = quote(f"{score.agent}-{scenario}-{seed}", safe=" ")
    title = f"{score.agent}, {scenario}, seed {seed}"
    with refusing_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        written = write_replay(recording, steps, title, folder / name)
    typer.echo(f"Written: {written[0]} and {written[1]}, steps {steps.start} to {steps.stop - 1}.")
