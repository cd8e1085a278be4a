"""``powrl replay``: an episode of a scoring as a GIF and as a page to step through."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import typer

from ..errors import PowrlError
from ..player.files import refusing_unwritable
from ..scoring.contestants.own import BASELINES
from ..scoring.replay import steps_to_show, write_replay
from ..scoring.results import EpisodeScore
from ..scoring.run_folder import RunFolder


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
    files = RunFolder(run)
    score = _find_episode(files, agent, scenario, seed)
    recording = files.recording(score)
    steps = steps_to_show(recording, first, last, score.max_steps)
    folder = output or run
    name = quote(f"{score.agent}-{scenario}-{seed}", safe=" ")
    title = f"{score.agent}, {scenario}, seed {seed}"
    with refusing_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        written = write_replay(recording, steps, title, folder / name)
    typer.echo(f"Written: {written[0]} and {written[1]}, steps {steps.start} to {steps.stop - 1}.")


def _find_episode(files: RunFolder, agent: str | None, scenario: str, seed: int) -> EpisodeScore:
    """The score of an episode; without an agent that of the first that is no baseline."""
    scores = files.episodes()
    if not scores:
        raise PowrlError(f"{files.path} is no run folder of powrl score with an episode; give one.")
    agents = [score.agent for score in scores if score.agent not in BASELINES]
    chosen: dict[str, str | int] = {
        "agent": agent or (agents or [scores[0].agent])[0],
        "scenario": scenario,
        "seed": seed,
    }
    for key, value in chosen.items():
        scores = _matching(files, scores, key, value)
    return scores[0]


def _matching(
    files: RunFolder, scores: Sequence[EpisodeScore], key: str, value: str | int
) -> list[EpisodeScore]:
    values = list(dict.fromkeys(getattr(score, key) for score in scores))
    if value not in values:
        names = ", ".join(map(str, values))
        raise PowrlError(f"there is no {key} {value!r} in {files.path}; it has {names}.")
    return [score for score in scores if getattr(score, key) == value]
