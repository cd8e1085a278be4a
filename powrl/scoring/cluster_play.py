"""Episodes played on a cluster: each goes there as a contest of its own, its files come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..environments.backend import with_read_grids
from ..parallel.jobs import RayJobs
from ..parallel.run import Task, run
from ..player.files import write_bytes_whole
from ..storage.temporary import temporary_folder
from ..workspace.cache import make_cache_folder
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .decisions_log import add_log_part, log_part
from .play_here import play_here, tell_refusals
from .prepared import prepare
from .references import reference_files
from .results import EpisodeScore
from .run_folder import recording_file

_Plays = Sequence[tuple[PlannedEpisode, Contestant]]


@dataclass(frozen=True)
class _Played:
    """An episode of a contestant, and the contents of its files; None: there is none."""

    score: EpisodeScore
    recording: bytes | None
    log: bytes | None


@dataclass(frozen=True)
class _Content:
    """The content of a file, which is read when it is sent; what arrives is ``bytes``."""

    path: Path

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        return bytes, (self.path.read_bytes(),)


def play_on_cluster(
    contest: Contest,
    remaining: Mapping[PlannedEpisode, Sequence[Contestant]],
    jobs: RayJobs,
    on_reference: Callable[[], None],
    on_score: Callable[[EpisodeScore], None],
    log_folder: Path | None = None,
    recordings: Path | None = None,
) -> None:
    """Play episodes, as `powrl.scoring.play.play_contest` describes.

    All files that come back are written by this process.

    Parameters
    ----------
    remaining:
        Episodes, each with the contestants that play it.
    """
    folders = contest.folders()
    cached = reference_files(contest)
    missing = [episode for episode in remaining if not cached[episode].exists()]
    for _ in range(len(remaining) - len(missing)):
        on_reference()

    def keep_references(number: int, result: tuple[bytes, frozenset[str]]) -> None:
        content, refusals = result
        _write(content, cached[missing[number]])
        tell_refusals(refusals)
        on_reference()

    tasks: list[Task[Any]] = [
        with_read_grids(partial(_references, contest.single(episode))) for episode in missing
    ]
    run(tasks, jobs, keep_references, folders)
    for foreign in (False, True):  # agents of powrl first, while no code of another origin runs
        plays = [
            (episode, agent)
            for episode, agents in remaining.items()
            for agent in agents
            if agent.is_foreign is foreign
        ]

        def keep(number: int, played: _Played, plays: _Plays = plays) -> None:
            _keep_files(played, *plays[number], log_folder, recordings)
            on_score(played.score)

        tasks = [
            with_read_grids(
                partial(
                    _play, contest.single(*play), _Content(cached[play[0]]), log_folder is not None
                )
            )
            for play in plays
        ]
        run(tasks, jobs, keep, folders)


def _keep_files(
    played: _Played,
    episode: PlannedEpisode,
    contestant: Contestant,
    log_folder: Path | None,
    recordings: Path | None,
) -> None:
    if recordings is not None and played.recording is not None:
        _write(played.recording, recordings / recording_file(contestant.name, episode))
    if log_folder is not None and played.log is not None:
        add_log_part(log_folder, contestant, episode, played.log)


def _references(contest: Contest) -> tuple[bytes, frozenset[str]]:
    """The references of the only episode of a contest, and why grid2op has played some itself."""
    (episode,) = contest.episodes
    cached = reference_files(contest)[episode]
    with temporary_folder("powrl-score-") as private:
        prepared = prepare(contest, episode, private / "episode", cached)
    return cached.read_bytes(), prepared.refusals


def _play(contest: Contest, references: _Content | bytes, log: bool) -> _Played:
    """Play the only episode of a contest with its only contestant."""
    (episode,), (contestant,) = contest.episodes, contest.contestants
    cached = reference_files(contest)[episode]
    if not cached.exists():
        assert isinstance(references, bytes)  # it has been sent
        _write(references, cached)
    scores: list[EpisodeScore] = []
    with temporary_folder("powrl-score-") as folder:
        play_here(
            contest,
            {episode: [contestant]},
            1,
            lambda: None,
            scores.append,
            folder if log else None,
            folder / "recordings",
        )
        recording = folder / "recordings" / recording_file(contestant.name, episode)
        return _Played(
            scores[0], _content(recording), _content(log_part(folder, contestant, episode))
        )


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _write(content: bytes, path: Path) -> None:
    make_cache_folder(path.parent)
    write_bytes_whole(path, content)
