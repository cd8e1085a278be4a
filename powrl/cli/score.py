"""``powrl score``: agents beside baselines, with grid2op's own L2RPN score."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..editions.editions import CostUnits
from ..environments.opening import BUNDLED
from ..errors import ConfigurationError
from ..reporting.text import count
from ..scoring.contestants.variants import parse_overrides
from ..scoring.play import count_tasks
from ..scoring.results import EpisodeScore
from ..scoring.run import ALL, resume, score
from ..scoring.run_folder import RunFolder
from ..scoring.scoring_result import ScoringResult
from ..scoring.scoring_run import ScoringRun
from ..scoring.terminal_table import terminal_table
from ..workspace.runs import command_line
from .score_options import (
    Agents,
    Data,
    Edition,
    Environment,
    Jobs,
    Log,
    MaxSteps,
    Output,
    Resume,
    Scenarios,
    Seeds,
    SeedsFile,
    Settings,
    Units,
)


def command(
    agents: Agents = None,
    *,
    data: Data = BUNDLED,
    environment: Environment = None,
    edition: Edition = None,
    cost_units: Units = CostUnits.NOW,
    scenarios: Scenarios = ALL,
    seeds: Seeds = None,
    seeds_file: SeedsFile = None,
    max_steps: MaxSteps = None,
    settings: Settings = None,
    jobs: Jobs = None,
    output: Output = None,
    log: Log = False,
    resumed: Resume = None,
) -> None:
    """Score agents as L2RPN does, beside doing nothing and reconnecting lines.

    The code of a zip or a module is run, with your rights: score what you trust.
    """
    if resumed is not None:
        options = [agents, environment, edition, seeds, seeds_file, max_steps, settings]
        defaults = [(data, BUNDLED), (scenarios, ALL), (cost_units, CostUnits.NOW)]
        changed = any(value != default for value, default in defaults)
        if changed or any([*options, output, log]):
            raise ConfigurationError(
                "--resume goes on with the run as it is: only --jobs goes with it."
            )
        _resume(resumed, jobs)
        return
    with _display() as display:
        result = score(
            agents,
            data=data,
            environment=environment,
            edition=edition,
            cost_units=cost_units,
            scenarios=scenarios,
            seeds=seeds,
            seeds_file=seeds_file,
            max_steps=max_steps,
            jobs=jobs,
            output=output,
            log=log,
            settings=parse_overrides(settings or ()),
            command=command_line(),
            on_start=display.start,
            on_reference=display.reference,
            on_score=display.score,
        )
    _print_result(display.console, result)


def _resume(folder: Path, jobs: int | None) -> None:
    with _display() as display:
        result = resume(
            folder,
            jobs=jobs,
            command=command_line(),
            on_start=display.start,
            on_reference=display.reference,
            on_score=display.score,
        )
    _print_result(display.console, result)


@contextmanager
def _display() -> Iterator[_Display]:
    display = _Display()
    try:
        yield display
    finally:
        display.progress.stop()


class _Display:
    """Progress bars, and a line for each score."""

    def __init__(self) -> None:
        self.console = Console()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    def start(self, run: ScoringRun) -> None:
        contest = run.contest
        self.console.print(
            f"Scoring {count(len(contest.contestants), 'agent')} on {contest.environment}: "
            f"{count(len(contest.scenarios), 'scenario')}, {count(len(contest.seeds), 'seed')}; "
            f"run folder: {run.files.path}",
            soft_wrap=True,
        )
        self.progress.start()  # not earlier: its thread would hear Ctrl-C while processes start
        self._references = self.progress.add_task("references", total=len(run.left))
        self._scores = self.progress.add_task(
            "scored", total=count_tasks(contest), completed=len(run.played)
        )

    def reference(self) -> None:
        self.progress.advance(self._references)

    def score(self, score: EpisodeScore) -> None:
        self.progress.advance(self._scores)
        self.progress.console.print(
            f"{escape(score.agent)}, {score.scenario}, seed {score.seed}: "
            f"score {score.score:.1f}, {score.steps} of {score.max_steps} steps",
            highlight=False,
            soft_wrap=True,
        )


def _print_result(console: Console, result: ScoringResult) -> None:
    contest = result.contest
    console.print(terminal_table(result))
    console.print(
        f"Score: grid2op.utils.{contest.edition.score} ({contest.edition.title}), "
        f"{contest.cost_units.meaning}."
    )
    for note in result.notes:
        console.print(escape(note))
    assert result.folder is not None
    report = RunFolder(result.folder).report
    console.print(f"Report: {report}", soft_wrap=True, highlight=False)
