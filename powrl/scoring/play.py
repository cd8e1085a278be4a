"""Playing a contest in several processes, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..parallel.jobs import Jobs, RayJobs
from .cluster_play import play_on_cluster
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .decisions_log import join_log
from .play_here import play_here
from .results import EpisodeScore


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
    jobs: Jobs,
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
        Number of processes, or a cluster; the scores do not depend on it.
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
    scores = {(score.agent, score.scenario, score.seed): score for score in played}
    remaining = episodes_to_play(contest, played)

    def keep(score: EpisodeScore) -> None:
        scores[score.agent, score.scenario, score.seed] = score
        on_score(score)

    if isinstance(jobs, RayJobs):
        play_on_cluster(contest, remaining, jobs, on_reference, keep, log_folder, recordings)
    else:
        play_here(contest, remaining, jobs, on_reference, keep, log_folder, recordings)
    if log_folder:
        join_log(contest, log_folder)
    return [scores[key] for key in contest.score_keys]
