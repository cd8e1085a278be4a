"""Playing a contest on several processes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
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
from .official import compute_references, copy_environment, score_contestant
from .references import drop_unneeded, keep_references, reference_files, restore_references
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
        folders = {episode: private / str(number) for number, episode in enumerate(remaining)}
        _prepare_all(contest, folders, jobs, on_reference)
        tasks = [
            _task(_score, contest, episode, folders[episode], contestant, log_folder, recordings)
            for episode, contestants in remaining.items()
            for contestant in contestants
        ]
        with closing(run_tasks(jobs, tasks)) as results:
            for score in results:
                scores[score.agent, score.scenario, score.seed] = score
                on_score(score)
    if log_folder:
        join_log(contest, log_folder)
    return [scores[key] for key in contest.score_keys]


def _task(function: Callable[..., Any], *arguments: object) -> Any:
    """A task of joblib that takes along the grids that this process has read."""
    return delayed(with_read_grids(partial(function, *arguments)))()


def _prepare_all(
    contest: Contest,
    folders: Mapping[PlannedEpisode, Path],
    jobs: int,
    on_reference: Callable[[], None],
) -> None:
    """Make the private copies of the environment, with their references."""
    cached = reference_files(contest)
    tasks = [
        _task(_prepare, contest, episode, folder, cached[episode])
        for episode, folder in folders.items()
    ]
    logged: set[str] = set()
    with closing(run_tasks(jobs, tasks)) as prepared:
        for refusals in prepared:
            for refusal in refusals - logged:
                log.info("grid2op plays references itself: %s", refusal)
            logged |= refusals
            on_reference()


def _prepare(contest: Contest, episode: PlannedEpisode, folder: Path, cached: Path) -> set[str]:
    """Make a private copy of the environment for an episode, with its references.

    Returns
    -------
    set of str
        Reasons why grid2op played some references itself.
    """
    copy = copy_environment(contest, episode, folder)
    if restore_references(cached, copy):
        return set()
    refusals = compute_references(contest, episode, copy)
    keep_references(copy, cached)
    drop_unneeded(copy)
    return refusals


def _score(
    contest: Contest,
    episode: PlannedEpisode,
    folder: Path,
    contestant: Contestant,
    log_folder: Path | None,
    recordings: Path | None,
) -> EpisodeScore:
    copy = folder / contest.grid_of(episode.scenario).name
    recording = recordings and recordings / recording_file(contestant.name, episode)
    if log_folder is None or not contestant.tells_decisions:
        return score_contestant(contest, episode, copy, contestant, None, recording)
    written = folder / log_file(contestant)
    score = score_contestant(contest, episode, copy, contestant, written, recording)
    add_log_part(log_folder, contestant, episode, written)
    return score
