"""Playing a contest on several processes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from joblib import delayed

from ..environments.backend import with_read_grids
from ..player.files import refusing_unwritable
from ..storage.temporary import temporary_folder
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .decisions_log import add_log_part, join_log, log_file
from .foreign_play import Play, failed_score, play_isolated
from .official import score_contestant
from .prepared import Prepared, prepare, unchanged
from .references import reference_files
from .results import EpisodeScore
from .run_folder import recording_file
from .worker_pool import run_tasks

log = logging.getLogger(__name__)


def count_tasks(contest: Contest) -> int:
    """Number of episodes, over all contestants."""
    return len(contest.episodes) * len(contest.contestants)


def episodes_to_play(
    contest: Contest, played: Sequence[EpisodeScore]
) -> dict[PlannedEpisode, list[Contestant]]:
    """The episodes that lack a score of some contestants, and these contestants."""
    scored = {(score.agent, score.scenario, score.seed) for score in played}
    remaining = {
        episode: [
            contestant
            for contestant in contest.contestants
            if (contestant.name, episode.scenario, episode.seed) not in scored
        ]
        for episode in contest.episodes
    }
    return {episode: contestants for episode, contestants in remaining.items() if contestants}


def play_contest(
    contest: Contest,
    jobs: int,
    on_reference: Callable[[], None],
    on_score: Callable[[EpisodeScore], None],
    played: Sequence[EpisodeScore] = (),
    log_folder: Path | None = None,
    recordings: Path | None = None,
) -> list[EpisodeScore]:
    """Score all contestants in all episodes.

    Parameters
    ----------
    jobs:
        Number of processes; the scores do not depend on it.
    on_reference:
        Called when the references of an episode exist.
    on_score:
        Called with each new score.
    played:
        Scores of an earlier run, which need not be played again.
    log_folder:
        Folder for the decisions of the agents (``decisions-<agent>.jsonl``), that of the earlier
        run if there is one.
    recordings:
        Folder for the recordings of the episodes (`recording_file`).

    Returns
    -------
    list of EpisodeScore
        In the order of contestants, seeds and scenarios.

    Raises
    ------
    PowrlError
        The temporary folder or the cache cannot be written.
    """
    # a process that was started before may have another current folder
    log_folder, recordings = (path and path.resolve() for path in (log_folder, recordings))
    scores = {(score.agent, score.scenario, score.seed): score for score in played}
    remaining = episodes_to_play(contest, played)
    with temporary_folder("powrl-score-") as private, refusing_unwritable(private):
        prepared = _prepare_all(contest, remaining, private, jobs, on_reference)
        plays = [
            Play(episode, contestant, prepared[episode])
            for episode, contestants in remaining.items()
            for contestant in contestants
        ]
        for score in _play_all(contest, plays, jobs, private, log_folder, recordings):
            scores[score.agent, score.scenario, score.seed] = score
            on_score(score)
    if log_folder:
        join_log(contest, log_folder)
    return [scores[key] for key in contest.score_keys]


def _play_all(
    contest: Contest,
    plays: Sequence[Play],
    jobs: int,
    private: Path,
    log_folder: Path | None,
    recordings: Path | None,
) -> Iterator[EpisodeScore]:
    """Agents of powrl first, while no code of another origin runs."""
    fit = [play for play in plays if play.contestant.name not in contest.unfit]
    trusted = [
        _task(_score, contest, play, log_folder, recordings)
        for play in fit
        if not play.contestant.is_foreign
    ]
    with closing(run_tasks(jobs, trusted)) as results:
        yield from results
    for play in plays:
        if play not in fit:
            yield failed_score(contest, play, contest.unfit[play.contestant.name])
    foreign = [play for play in fit if play.contestant.is_foreign]
    outcomes = play_isolated(contest, foreign, jobs, private, log_folder, recordings)
    with closing(outcomes) as results:
        yield from results


def _task(function: Callable[..., Any], *arguments: object) -> Any:
    """A task of joblib that takes along the grids that this process has read."""
    return delayed(with_read_grids(partial(function, *arguments)))()


def _prepare_all(
    contest: Contest,
    episodes: Iterable[PlannedEpisode],
    private: Path,
    jobs: int,
    on_reference: Callable[[], None],
) -> dict[PlannedEpisode, Prepared]:
    """Make the private copies of the environment, with their references."""
    cached = reference_files(contest)
    tasks = [
        _task(_prepare, contest, episode, private / str(number), cached[episode])
        for number, episode in enumerate(episodes)
    ]
    prepared = {}
    logged: set[str] = set()
    with closing(run_tasks(jobs, tasks)) as results:
        for episode, result in results:
            prepared[episode] = result
            for refusal in result.refusals - logged:
                log.info("grid2op plays references itself: %s", refusal)
            logged |= result.refusals
            on_reference()
    return prepared


def _prepare(
    contest: Contest, episode: PlannedEpisode, folder: Path, cached: Path
) -> tuple[PlannedEpisode, Prepared]:
    return episode, prepare(contest, episode, folder, cached)


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
    add_log_part(log_folder, contestant, episode, written)
    return score
