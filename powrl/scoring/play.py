"""Playing a contest on several processes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from joblib import delayed

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
    """How many episodes are scored, over all contestants."""
    return len(contest.episodes) * len(contest.contestants)


def left_to_play(
    contest: Contest, played: Sequence[EpisodeScore]
) -> dict[PlannedEpisode, list[Contestant]]:
    """The episodes that are not scored for all yet, and for whom they are not."""
    there = {(each.agent, each.scenario, each.seed) for each in played}
    left = {
        episode: [
            contestant
            for contestant in contest.contestants
            if (contestant.name, episode.scenario, episode.seed) not in there
        ]
        for episode in contest.episodes
    }
    return {episode: contestants for episode, contestants in left.items() if contestants}


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
        Called as the references of each episode that is left to play are there.
    on_score:
        Called with each score as it comes.
    played:
        Scores of an earlier run, which are taken over.
    log_folder:
        Where to write the decisions of the agents: ``decisions-<agent>.jsonl``; that of the
        earlier run.
    recordings:
        Folder for what happened in each episode (`recording_file`).

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
    found = {(each.agent, each.scenario, each.seed): each for each in played}
    left = left_to_play(contest, played)
    told: set[str] = set()
    with temporary_folder("powrl-score-") as private:
        folders = {episode: private / str(number) for number, episode in enumerate(left)}
        kept = reference_files(contest)
        references = [
            delayed(_prepare)(contest, episode, folder, kept[episode])
            for episode, folder in folders.items()
        ]
        scorings = [
            delayed(_score)(contest, episode, folders[episode], contestant, log_folder, recordings)
            for episode, contestants in left.items()
            for contestant in contestants
        ]
        with refusing_unwritable(private):
            with closing(run_tasks(jobs, references)) as prepared:
                for refusals in prepared:
                    for refusal in refusals - told:
                        log.info("grid2op plays references itself: %s", refusal)
                    told |= refusals
                    on_reference()
            with closing(run_tasks(jobs, scorings)) as scores:
                for score in scores:
                    found[score.agent, score.scenario, score.seed] = score
                    on_score(score)
    if log_folder:
        join_log(contest, log_folder)
    return [
        found[contestant.name, episode.scenario, episode.seed]
        for contestant in contest.contestants
        for episode in sorted(contest.episodes, key=lambda each: (each.seed, each.scenario))
    ]


def _prepare(contest: Contest, episode: PlannedEpisode, folder: Path, kept: Path) -> set[str]:
    """Make a private copy of the environment for an episode, with its references.

    Returns
    -------
    set of str
        Why grid2op played some of them itself, if it did.
    """
    copy = copy_environment(contest, episode, folder)
    if restore_references(kept, copy):
        return set()
    refusals = compute_references(contest, episode, copy)
    keep_references(copy, kept)
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
