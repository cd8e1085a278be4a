"""The replay of a run as a function, as the command does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...errors import PowrlError
from ...player.files import (
    checked_path,
    refusing_unwritable,
    require_writable,
    write_bytes_whole,
    write_text_whole,
)
from ..results import EpisodeScore
from ..run_folder import RunFolder
from .episodes import ShownEpisode, episodes_of, is_baseline, matching

if TYPE_CHECKING:
    from ..recording import Recording
    from .page import ReplayPage

PAGE = "replay.html"
"""Name of the page with all episodes of a run, to which its report links."""


@dataclass(frozen=True)
class Replay:
    """What a replay has written.

    Attributes
    ----------
    page:
        The page.
    episodes:
        How many episodes it shows.
    without:
        Scenarios that it has no room for.
    gif, steps:
        A GIF of one episode and the steps that it shows; None: no scenario was named.
    """

    page: Path
    episodes: int
    without: list[str]
    gif: Path | None = None
    steps: range | None = None


def replay(
    run: str | Path,
    scenario: str | None = None,
    *,
    agent: str | None = None,
    seed: int | None = None,
    first: int | None = None,
    last: int | None = None,
    output: str | Path | None = None,
) -> Replay:
    """Write the episodes of a run as a page, and one of them as a GIF.

    Parameters
    ----------
    run:
        Run folder of a scoring, finished or not.
    scenario:
        Name of the scenario to show, with a GIF; None: all, without.
    agent:
        Name of the agent in the GIF; by default the first that is no baseline.
    seed:
        Number of the seed; by default all, and the first in the GIF.
    first, last:
        Steps of the GIF. Without them it is the end of an episode that ended early, else the time
        around its highest load.
    output:
        Folder for the files; by default that of the run.

    Returns
    -------
    Replay
        The page, the GIF, and what they show.

    Raises
    ------
    PowrlError
        The run has no such episode, or the files cannot be written.

    Examples
    --------
    >>> powrl.replay("runs/score-20260101-120000").page  # doctest: +SKIP
    PosixPath('runs/score-20260101-120000/replay.html')
    """
    if scenario is None and (agent, first, last) != (None, None, None):
        raise PowrlError("agent and steps are of the GIF of one scenario; name the scenario.")
    files = RunFolder(checked_path(run, "run"))
    folder = files.path if output is None else checked_path(output, "output")
    require_writable(folder)
    episodes = episodes_of(files, scenario, seed)
    content = page_of(files, episodes, files.recording)
    page = folder / (PAGE if scenario is None else f"replay-{quote(scenario, safe=' ')}.html")
    without = list(dict.fromkeys(episode.scenario for episode in content.without))
    written = Replay(page, len(episodes) - len(content.without), without)
    moving = None
    if scenario is not None:
        moving = _animated(files, find_score(files, episodes, agent, seed), first, last)
    with refusing_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_text_whole(page, content.html)
        if moving is not None:
            write_bytes_whole(folder / moving.name, moving.content)
            written = replace(written, gif=folder / moving.name, steps=moving.steps)
    return written


@dataclass(frozen=True)
class _Animated:
    """A GIF: the name of its file, the file, and the steps that it shows."""

    name: str
    content: bytes
    steps: range


def _animated(
    files: RunFolder, score: EpisodeScore, first: int | None, last: int | None
) -> _Animated:
    from .animation import animation, steps_to_show

    recording = files.recording(score)
    steps = steps_to_show(recording, first, last, score.max_steps)
    name = quote(f"{score.agent}-{score.scenario}-{score.seed}", safe=" ")
    title = f"{score.agent}, {score.scenario}, seed {score.seed}"
    return _Animated(f"{name}.gif", animation(recording, steps, title), steps)


def page_of(
    files: RunFolder, episodes: Sequence[ShownEpisode], read: Callable[[EpisodeScore], Recording]
) -> ReplayPage:
    """The page of some episodes of a run, whose recordings `read` returns."""
    from .page import replay_page

    title = f"Replay of {files.path.resolve().name}"
    return replay_page(title, str(files.path), episodes, read)


def find_score(
    files: RunFolder, episodes: list[ShownEpisode], agent: str | None, seed: int | None
) -> EpisodeScore:
    """The score of an agent; without a name of the first that is no baseline.

    Raises
    ------
    PowrlError
        The agent did not play.
    """
    scores = [score for episode in episodes for score in episode.scores]
    if seed is None:
        lowest = min(episode.seed for episode in episodes)
        scores = matching(files, scores, "seed", lowest)
    names = [score.agent for score in scores if not is_baseline(score.agent)]
    chosen = agent or (names or [scores[0].agent])[0]
    return matching(files, scores, "agent", chosen)[0]
