"""The progress and the result of a scoring in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..errors import count
from ..scoring.contestants.untrained import policy_pairs
from ..scoring.run_folder import RunFolder
from ..scoring.terminal_table import terminal_tables
from .console import plain_console
from .interruption import Resumable

if TYPE_CHECKING:
    from ..scoring.results import EpisodeScore
    from ..scoring.scoring_result import ScoringResult
    from ..scoring.scoring_run import ScoringRun


class ScoringDisplay:
    """Progress bars, and a line for each score.

    Parameters
    ----------
    run:
        What is told to go on with, once the run has begun.
    """

    def __init__(self, run: Resumable) -> None:
        self._run = run
        self.console = plain_console()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    @property
    def listeners(self) -> dict[str, Any]:
        """What a scoring calls at its start, and for each reference and score."""
        return {
            "on_start": self.start,
            "on_reference": self.reference,
            "on_score": self.score,
        }

    def start(self, run: ScoringRun) -> None:
        """Print what is scored, and show the bars."""
        from ..scoring.play import count_tasks

        contest, self._run.folder = run.contest, run.files.path
        self.console.print(
            f"Scoring {count(len(contest.contestants), 'agent')} on {contest.environment}: "
            f"{count(len(contest.scenarios), 'scenario')}, {count(len(contest.seeds), 'seed')}; "
            f"run folder: {run.files.path}",
            soft_wrap=True,
        )
        for played, without in policy_pairs(contest.contestants):
            self.console.print(
                f"{without} plays to show what training adds to {played} "
                "(--no-untrained leaves it out).",
                highlight=False,
                soft_wrap=True,
            )
        apart = [agent.name for agent in contest.contestants if contest.plays_apart(agent)]
        if apart:
            limits = contest.limits
            self.console.print(
                f"{count(len(apart), 'agent')} in processes of their own, at "
                f"most {limits.decision:g} s for a decision (--decision-timeout), "
                f"{limits.episode:g} s for an episode (--episode-timeout).",
                soft_wrap=True,
            )
        for sentence in contest.unfit.values():
            self.console.print(f"Cannot play: {sentence}", soft_wrap=True)
        self.progress.start()  # not earlier: its thread would hear Ctrl-C while processes start
        self._references = self.progress.add_task("references", total=len(run.remaining))
        self._scores = self.progress.add_task(
            "scored", total=count_tasks(contest), completed=len(run.played)
        )

    def reference(self) -> None:
        """Count the references of an episode."""
        self.progress.advance(self._references)

    def score(self, score: EpisodeScore) -> None:
        """Count and print a score."""
        self.progress.advance(self._scores)
        ending = f"score {score.score:.1f}, {score.steps} of {count(score.max_steps, 'step')}"
        if score.failure:
            ending = "failed"
        self.progress.console.print(
            f"{score.agent}, {score.scenario}, seed {score.seed}: {ending}",
            highlight=False,
            soft_wrap=True,
        )

    def print_result(self, result: ScoringResult) -> None:
        """Print the table, notes and the place of the report."""
        contest = result.contest
        for table in terminal_tables(result):
            self.console.print(table)
        self.console.print(
            f"Score: grid2op.utils.{contest.edition.score} ({contest.edition.title}), "
            f"{contest.cost_units.meaning}."
        )
        for note in result.notes:
            self.console.print(note)
        assert result.folder is not None
        files = RunFolder(result.folder)
        if files.output.is_dir():
            self.console.print(
                f"Agents have printed something: {files.output}", soft_wrap=True, highlight=False
            )
        self.console.print(f"Report: {files.report}", soft_wrap=True, highlight=False)


@contextmanager
def displayed(run: Resumable) -> Iterator[ScoringDisplay]:
    """A display whose bars end with the scoring, however it ends."""
    display = ScoringDisplay(run)
    try:
        yield display
    finally:
        display.progress.stop()
