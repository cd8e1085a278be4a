"""Episodes played in processes of this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache, partial
from pathlib import Path

from ..environments.backend import with_read_grids
from ..parallel.run import run
from ..player.files import refusing_unwritable
from ..storage.temporary import temporary_folder
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .decisions_log import add_log_part, log_file
from .foreign_play import Play, failed_score, play_isolated
from .official import score_contestant
from .prepared import Prepared, prepare, unchanged
from .references import reference_files
from .results import EpisodeScore
from .run_folder import recording_file

log = logging.getLogger(__name__)


def play_here(
    contest: Contest,
    remaining: Mapping[PlannedEpisode, Sequence[Contestant]],
    jobs: int,
    on_reference: Callable[[], None],
    on_score: Callable[[EpisodeScore], None],
    log_folder: Path | None = None,
    recordings: Path | None = None,
) -> None:
    """Play episodes, as `powrl.scoring.play.play_contest` describes.

    Parameters
    ----------
    remaining:
        Episodes, each with the contestants that play it.
    """
    # a process that was started before may have another current folder
    log_folder, recordings = (path and path.resolve() for path in (log_folder, recordings))
    with temporary_folder("powrl-score-") as private, refusing_unwritable(private):
        prepared = _prepare_all(contest, list(remaining), private, jobs, on_reference)
        plays = [
            Play(episode, contestant, prepared[episode])
            for episode, contestants in remaining.items()
            for contestant in contestants
        ]
        _play_all(contest, plays, jobs, private, on_score, log_folder, recordings)


@cache
def _tell_refusal(refusal: str) -> None:
    log.info("grid2op plays references itself: %s", refusal)


def tell_refusals(refusals: Iterable[str]) -> None:
    """Log why grid2op plays references itself, each reason once."""
    for refusal in refusals:
        _tell_refusal(refusal)


def _play_all(
    contest: Contest,
    plays: Sequence[Play],
    jobs: int,
    private: Path,
    on_score: Callable[[EpisodeScore], None],
    log_folder: Path | None,
    recordings: Path | None,
) -> None:
    """Agents of powrl without limits first, while no code of another origin runs."""
    fit = [play for play in plays if play.contestant.name not in contest.unfit]
    tasks = [
        with_read_grids(partial(_score, contest, play, log_folder, recordings))
        for play in fit
        if not contest.plays_apart(play.contestant)
    ]
    run(tasks, jobs, lambda _number, score: on_score(score))
    for play in plays:
        if play not in fit:
            on_score(failed_score(contest, play, contest.unfit[play.contestant.name]))
    apart = [play for play in fit if contest.plays_apart(play.contestant)]
    outcomes = play_isolated(contest, apart, jobs, private, log_folder, recordings)
    with closing(outcomes) as scores:
        for score in scores:
            on_score(score)


def _prepare_all(
    contest: Contest,
    episodes: Sequence[PlannedEpisode],
    private: Path,
    jobs: int,
    on_reference: Callable[[], None],
) -> dict[PlannedEpisode, Prepared]:
    """Make the private copies of the environment, with their references."""
    cached = reference_files(contest)
    tasks = [
        with_read_grids(partial(prepare, contest, episode, private / str(number), cached[episode]))
        for number, episode in enumerate(episodes)
    ]
    prepared: dict[PlannedEpisode, Prepared] = {}

    def keep(number: int, result: Prepared) -> None:
        prepared[episodes[number]] = result
        tell_refusals(result.refusals)
        on_reference()

    run(tasks, jobs, keep)
    return prepared


def _score(
    contest: Contest, play: Play, log_folder: Path | None, recordings: Path | None
) -> EpisodeScore:
    """Score a contestant of powrl."""
    episode, contestant, prepared = play.episode, play.contestant, play.prepared
    number = contest.contestants.index(contestant)
    parent = prepared.folder.parent
    copy = unchanged(contest, episode, prepared, parent / f"anew-{number}")
    recording = recordings and recordings / recording_file(contestant.name, episode)
    if log_folder is None or not contestant.tells_decisions:
        return score_contestant(contest, episode, copy, contestant, None, recording)
    written = parent / log_file(contestant)
    score = score_contestant(contest, episode, copy, contestant, written, recording)
    add_log_part(log_folder, contestant, episode, written.read_bytes())
    return score
