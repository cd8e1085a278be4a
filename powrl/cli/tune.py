"""``powrl tune``: search good settings of a training with Optuna."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import Progress

from ..errors import PowrlError, count
from ..parallel.jobs import make_jobs
from . import completion
from .console import plain_console
from .interruption import Resumable, resumable
from .parallel_options import Address, Backend, Jobs
from .training_display import packages_named, training_progress

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def command(
    configuration: str = typer.Argument(
        None,
        autocompletion=completion.configurations,
        help="A YAML file, or the name of a shipped configuration (powrl envs).",
    ),
    trials: int = typer.Option(
        None, min=1, help="Trainings in all (default: tuning.trials of the configuration, or 20)."
    ),
    data: str = typer.Option(
        None, help="The folder that holds the environment folders of the configuration."
    ),
    quick: bool = typer.Option(
        False, "--quick", help="Fewer lessons and decisions in each training."
    ),
    overrides: list[str] = typer.Option(
        [], "--set", help="key.path=value replaces a value of the configuration; repeatable."
    ),
    output: Path = typer.Option(None, "--output", help="The run folder (default: runs/tune-...)."),
    resume: Path = typer.Option(None, "--resume", help="Go on with the search of a run folder."),
    jobs: Jobs = 2,
    backend: Backend = "local",
    address: Address = None,
) -> None:
    """Search good settings of a training: trainings with other values, and what they gave."""
    if (resume is None) == (configuration is None):
        raise PowrlError("give either a configuration to tune or a run folder to --resume.")
    if resume is not None and (quick or overrides or output is not None):
        raise PowrlError(
            "--resume goes on with the run as it is: besides it only --trials, --data, --jobs, "
            "--backend and --address can be given."
        )
    workers = make_jobs(jobs, backend, address)
    console = plain_console()
    with packages_named("tune"), resumable("tune") as run, training_progress(console) as progress:
        from ..learning.tuning import functions

        display = _Display(console, progress, run)
        listeners = {
            "on_start": display.start,
            "on_trial": display.trial,
            "on_row": display.row,
            "on_end": display.end,
        }
        if resume is None:
            folder = functions.tune(
                configuration, output, overrides, data, trials, quick, workers, **listeners
            )
        else:
            folder = functions.resume_tuning(resume, trials, data, workers, **listeners)
    display.finish(folder)


class _Display:
    """The progress of a search: a line for each trial, and a bar for the training under way."""

    def __init__(self, console: Console, progress: Progress, run: Resumable) -> None:
        self._run = run
        self._console = console
        self._progress = progress

    def start(self, folder: Path, trials: int, ended: int) -> None:
        """Show the run folder and the bars."""
        self._run.folder = folder
        self._print(
            f"run folder: {folder} (optuna-dashboard sqlite:///{folder}/study.db, "
            f"tensorboard --logdir {folder}/trials)"
        )
        if ended >= trials:
            self._print(f"finished before: {count(ended, 'trial')}; --trials asks for more.")
        elif ended:
            self._print(f"goes on after {ended} of {count(trials, 'trial')}")
        self._trials = self._progress.add_task(
            "trials", total=trials, completed=ended, unit="trials", text=""
        )

    def trial(self, number: int, values: dict[str, Any]) -> None:
        """Print what a trial tries."""
        from ..learning.tuning.space import shown_value

        shown = (f"{key.split('.')[-1]} {shown_value(value)}" for key, value in values.items())
        self._print(f"trial {number}: {', '.join(shown)}")

    def row(self, row: dict[str, Any]) -> None:
        """Show how far the training of the trial is."""
        if "lessons" in row:
            text = f"lessons: {row['lessons']}"
        elif row.get("timesteps"):
            text = count(row["timesteps"], "decision")
        else:
            return
        self._progress.update(self._trials, text=text)

    def end(self, trial: FrozenTrial) -> None:
        """Print what a trial gave."""
        from ..learning.tuning.study import why_ended, worth

        self._progress.advance(self._trials)
        why = why_ended(trial)
        self._print(f"  ended early: {why}" if why else f"  survival {worth(trial):.1%}")

    def finish(self, folder: Path) -> None:
        """Print where all of it is."""
        self._print(f"report: {folder / 'report.html'}")
        if (folder / "best.yaml").exists():
            self._print(
                f"agent: {folder / 'agent'}\nthe best configuration, to train with other seeds: "
                f"powrl train {folder / 'best.yaml'} --seed 1"
            )
        else:
            self._print("no training came to its end; lower training.learning_rate in the space.")

    def _print(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, highlight=False)
