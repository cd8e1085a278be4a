"""A scoring that is under way: its contest, and the run folder that it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PowrlError, count
from ..parallel.jobs import Jobs, processes_here
from ..parallel.run import starting
from ..player.files import write_bytes_whole, write_text_whole
from ..workspace.runs import run_folder
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .contestants.own import BASELINES
from .fingerprint import Fingerprint, read_request, write_request
from .request import Request
from .results import EpisodeScore
from .run_folder import RunFolder
from .scoring_result import ScoringResult

if TYPE_CHECKING:
    from .recording import Recording
    from .report import Recordings


@dataclass(frozen=True)
class ScoringRun:
    """A scoring that is under way; only one process writes its folder.

    Attributes
    ----------
    files:
        The run folder.
    request, contest:
        What the user asks for, and the contest that follows from it.
    fingerprint:
        Digests, seeds and versions as the run began.
    """

    files: RunFolder
    request: Request
    contest: Contest
    fingerprint: Fingerprint

    @classmethod
    @contextmanager
    def create(
        cls,
        request: Request,
        contestants: Sequence[Contestant],
        output: Path | None = None,
        jobs: Jobs = 1,
    ) -> Iterator[ScoringRun]:
        """Plan a contest, and begin its run folder.

        Parameters
        ----------
        contestants:
            Contestants of the request, and the baselines.
        output:
            Path of the run folder; None: a new one in ``runs/``.
        jobs:
            Number of processes that will play, which start meanwhile, or a cluster.

        Raises
        ------
        PowrlError
            As `Request.plan` does, or the folder holds files or cannot be written.
        """
        request.require_place()
        with _processes_starting(contestants, jobs):
            contest = request.plan(contestants, processes_here(jobs))
        with run_folder("score", output and output.resolve()) as path:
            files = RunFolder(path)
            fingerprint = Fingerprint.from_contest(contest)
            write_request(files.request, request, fingerprint)
            yield cls(files, request, contest, fingerprint)

    @classmethod
    @contextmanager
    def resume(
        cls,
        path: Path,
        jobs: Jobs = 1,
        extended: Callable[[Request], Request] | None = None,
    ) -> Iterator[ScoringRun]:
        """Go on with the run in a folder, or play again what has lost its score or recording.

        Parameters
        ----------
        extended:
            Adds agents to a request; the folder is as before where one of them fails.

        Raises
        ------
        PowrlError
            The folder holds no run, a damaged one, one that is finished and gets no more agents,
            or one that another process writes; or something has changed since it began
            (`Fingerprint.require_same`).
        """
        files = RunFolder(path)
        request, fingerprint = read_request(files.request)
        if files.is_finished and extended is None and files.is_whole():
            raise PowrlError(
                f"{path} is finished; its report is {files.report}. Name an agent to add it."
            )
        with files.lock(), ExitStack() as stack:
            contestants = request.contestants()
            begun = {contestant.name for contestant in contestants}
            if extended is not None:
                request = extended(request)
                contestants = request.contestants()
            with _processes_starting(contestants, jobs):
                contest = request.plan(contestants, processes_here(jobs))
            now = Fingerprint.from_contest(contest)
            fingerprint.require_same(now, contest)
            files.mend()
            run = cls(files, request, contest, now)
            run._require_lengths()
            if extended is not None:
                stack.enter_context(files.reopened(begun))
                write_request(files.request, request, now)
            yield run

    @property
    def played(self) -> list[EpisodeScore]:
        """The episodes that are scored and recorded."""
        return [
            score for score in self.files.episodes() if self.files.recording_path(score).exists()
        ]

    @property
    def remaining(self) -> dict[PlannedEpisode, list[Contestant]]:
        """The episodes that are not scored for all contestants yet, and the contestants."""
        from .play import episodes_to_play

        return episodes_to_play(self.contest, self.played)

    def add(self, score: EpisodeScore) -> None:
        """Keep a score."""
        self.files.add(score)

    def play(
        self,
        jobs: Jobs,
        command: str,
        on_reference: Callable[[], None] = lambda: None,
        on_score: Callable[[EpisodeScore], None] = lambda _: None,
    ) -> ScoringResult:
        """Play what is left, and write the results.

        Parameters
        ----------
        jobs:
            Number of processes, or a cluster; the scores do not depend on it.
        command:
            Command line for the report.
        on_reference, on_score:
            Called when the references of an episode exist, and with each new score.

        Raises
        ------
        PowrlError
            An agent of another origin fails, or a file cannot be written.
        """
        from .baseline_cache import BaselineCache
        from .play import play_contest

        baselines = BaselineCache(self.contest, self.files.recordings)

        def keep(score: EpisodeScore) -> None:
            self.add(score)
            baselines.keep(score)
            on_score(score)

        for score in baselines.restore(self.remaining):
            self.add(score)
            on_score(score)
        log_folder = self.files.path if self.request.log else None
        episodes = play_contest(
            self.contest, jobs, on_reference, keep, self.played, log_folder, self.files.recordings
        )
        recordings = {
            (score.agent, score.scenario, score.seed): self.files.recording(score)
            for score in episodes
            if score.agent not in BASELINES and not score.failure
        }
        return self.finish(episodes, command, recordings)

    def finish(
        self, episodes: Sequence[EpisodeScore], command: str, recordings: Recordings
    ) -> ScoringResult:
        """Write the table, picture, replay and report; `RunFolder.scores` marks the end.

        Parameters
        ----------
        recordings:
            Those of all agents but the baselines.
        """
        from .picture import survival_picture
        from .replay.episodes import episodes_of
        from .replay.functions import PAGE, page_of
        from .report import html_report, scores_table

        files = self.files
        result = ScoringResult.from_episodes(
            self.contest,
            episodes,
            self.request.data,
            self.fingerprint.contents,
            command,
            files.path,
        )
        document = result.to_json()
        replay = None if all(score.failure for score in episodes) else PAGE
        picture = survival_picture(self.contest, episodes)

        def read(score: EpisodeScore) -> Recording:
            recording = recordings.get((score.agent, score.scenario, score.seed))
            return files.recording(score) if recording is None else recording

        write_text_whole(files.table, scores_table(document))
        write_bytes_whole(files.picture, picture)
        if replay is not None:
            write_text_whole(files.path / replay, page_of(files, episodes_of(files), read).html)
        write_text_whole(files.report, html_report(result, picture, recordings, replay))
        files.write_document(document)
        return result

    def _require_lengths(self) -> None:
        """Refuse episodes that are longer than those of the contest, or are not as recorded."""
        from .recording import ADVICE

        limit = self.contest.max_steps
        for score in self.played:
            if limit is not None and score.max_steps > limit:
                raise PowrlError(
                    f"{self.files.path} holds episodes of {count(score.max_steps, 'step')}, more "
                    f"than the max_steps of its {self.files.request.name}, {limit}; restore "
                    "that, or begin a new run."
                )
            if len(self.files.recording(score)) > score.max_steps:
                raise PowrlError(
                    f"{self.files.recording_path(score)} has more than the "
                    f"{count(score.max_steps, 'step')} of its episode; {ADVICE}."
                )


@contextmanager
def _processes_starting(contestants: Sequence[Contestant], jobs: Jobs) -> Iterator[None]:
    """Start all processes while this one plans."""
    from .isolation.client import start_server

    if any(contestant.is_foreign for contestant in contestants):
        start_server()
    with starting(jobs, f"{__package__}.play_here"):
        yield
