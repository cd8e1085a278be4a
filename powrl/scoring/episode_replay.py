"""The replay of one episode of a scoring, as a function."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from ..errors import PowrlError
from ..player.files import refusing_unwritable
from .contestants.own import BASELINES
from .results import EpisodeScore
from .run_folder import RunFolder


def replay(
    run: str | Path,
    scenario: str,
    *,
    agent: str | None = None,
    seed: int = 0,
    first: int | None = None,
    last: int | None = None,
    output: str | Path | None = None,
) -> tuple[Path, Path, range]:
    """Write an episode as a GIF and as a page to step through.

    Without steps it is the end of an episode that ended early, else the time around its highest
    load.

    Parameters
    ----------
    run:
        Run folder of a scoring.
    scenario:
        Name of the scenario.
    agent:
        Name of the agent in the report; by default the first that is no baseline.
    seed:
        Number of the seed.
    first, last:
        Steps to show.
    output:
        Folder for both files; by default that of the run.

    Returns
    -------
    gif, page, steps:
        Both files, and the steps that they show.

    Raises
    ------
    PowrlError
        The run has no such episode, or the files cannot be written.

    Examples
    --------
    >>> replay("runs/score-20260101-120000", "Scenario_august_dummy")  # doctest: +SKIP
    """
    files = RunFolder(Path(run))
    score = _find_episode(files, agent, scenario, seed)
    recording = files.recording(score)
    from .replay import steps_to_show, write_replay

    steps = steps_to_show(recording, first, last, score.max_steps)
    folder = Path(output or run)
    name = quote(f"{score.agent}-{scenario}-{seed}", safe=" ")
    title = f"{score.agent}, {scenario}, seed {seed}"
    with refusing_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        gif, page = write_replay(recording, steps, title, folder / name)
    return gif, page, steps


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
