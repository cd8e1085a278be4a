"""Playing a contest on several processes."""

from __future__ import annotations

import logging
import shutil
import signal
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, nullcontext
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any
from urllib.parse import quote

from joblib import Parallel, delayed

from ..errors import PowrlError
from ..player.files import refusing_unwritable, write_whole
from ..storage.temporary import temporary_folder
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .official import compute_references, copy_environment, score_contestant
from .references import drop_unneeded, keep_references, reference_files, restore_references
from .results import EpisodeScore
from .worker import start_worker

LOG_PARTS = "decisions"
"""Folder of the decisions of each episode, until all are there."""

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
            with closing(_run(jobs, references)) as prepared:
                for refusals in prepared:
                    for refusal in refusals - told:
                        log.info("grid2op plays references itself: %s", refusal)
                    told |= refusals
                    on_reference()
            with closing(_run(jobs, scorings)) as scores:
                for score in scores:
                    found[score.agent, score.scenario, score.seed] = score
                    on_score(score)
    if log_folder:
        _join_log(contest, log_folder)
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
    written = folder / f"decisions-{_plain(contestant.name)}.jsonl"
    score = score_contestant(contest, episode, copy, contestant, written, recording)
    part = _log_part(log_folder, contestant, episode)
    part.parent.mkdir(parents=True, exist_ok=True)
    _join([written], part)
    return score


@contextmanager
def workers_starting(jobs: int) -> Iterator[None]:
    """Start the processes of `play_contest` while this one plans, which takes as long."""
    with _closing(_started(jobs, (delayed(int)() for _ in range(jobs)))) as started:
        try:
            yield
        except PowrlError:
            list(started)  # a process that is stopped while it starts may complain
            raise
        list(started)


def _run(jobs: int, tasks: list[Any]) -> Generator[Any]:
    """Results as they come; on an error or Ctrl-C the workers are stopped before it is raised."""
    with _closing(_started(jobs, tasks)) as coming:
        try:
            yield from coming
        except BrokenProcessPool as error:
            raise PowrlError(
                "a process that played was ended from outside or by an agent: there was too little "
                "memory (give fewer --jobs), or an agent exits or crashes (powrl check tells how)."
            ) from error


def _started(jobs: int, tasks: Iterable[Any]) -> Generator[Any]:
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", initializer=start_worker)
    with _deaf_processes() if jobs > 1 else nullcontext():
        results: Generator[Any] = parallel(tasks)
    return results


@contextmanager
def _deaf_processes() -> Iterator[None]:
    """Within it, processes are started that never hear Ctrl-C: this one stops them.

    They inherit that it is blocked. What comes meanwhile is heard by this one at the end.
    """
    resource_tracker.ensure_running()  # joblib would start it, and it unblocks Ctrl-C as it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _closing(results: Generator[Any]) -> Iterator[Generator[Any]]:
    """``contextlib.closing``, without joblib's advice to whoever stops it."""
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".* tasks which were still being processed")
            results.close()


def recording_file(agent: str, episode: PlannedEpisode) -> Path:
    """Where the recording of an agent's episode lies in the folder of all."""
    return Path(_plain(agent)) / f"{_plain(episode.scenario)}-{episode.seed}.npz"


def _plain(name: str) -> str:
    """A name as that of a file; others have others."""
    return quote(name, safe=" ")


def _log_part(log_folder: Path, contestant: Contestant, episode: PlannedEpisode) -> Path:
    name = f"{_plain(episode.scenario)}-{episode.seed}.jsonl"
    return log_folder / LOG_PARTS / _plain(contestant.name) / name


def _join_log(contest: Contest, log_folder: Path) -> None:
    """Make one file of the decisions of each agent, unless a run that was stopped has done so."""
    parts, joined = log_folder / LOG_PARTS, log_folder / f"{LOG_PARTS}-joined"
    shutil.rmtree(joined, ignore_errors=True)  # what a kill left of the removal below
    if not parts.exists():
        return
    for contestant in contest.contestants:
        if contestant.tells_decisions:
            _join(
                [_log_part(log_folder, contestant, each) for each in contest.episodes],
                log_folder / f"decisions-{_plain(contestant.name)}.jsonl",
            )
    # renamed first: of parts that are half removed, a resumed run could join none
    parts.rename(joined)
    shutil.rmtree(joined)


def _join(parts: list[Path], target: Path) -> None:
    def write(file: Any) -> None:
        for part in parts:
            with part.open("rb") as lines:
                shutil.copyfileobj(lines, file)

    write_whole(target, write)
