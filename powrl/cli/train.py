"""``powrl train``: train a policy from a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..errors import PowrlError
from ..parallel.jobs import make_jobs
from . import completion
from .interruption import Resumable, resumable
from .parallel_options import Address, Backend, Jobs

if TYPE_CHECKING:
    from ..configuration.sections import Configuration

QUICK = (
    "imitation.episodes=60",
    "imitation.epochs=20",
    "training.timesteps=3000",
    "training.evaluation_scenarios=12",
    "training.evaluation_candidates=3",
    "training.evaluate_every=1",
)
"""Overrides for a look at the whole course of a training in minutes."""

TRAINING_PACKAGES = ("torch", "stable_baselines3", "sb3_contrib", "tensorboard", "threadpoolctl")
"""What the extra ``train`` brings, by the names of the modules."""


def command(
    configuration: str = typer.Argument(
        None,
        autocompletion=completion.configurations,
        help="A YAML file, or the name of a shipped configuration (powrl envs).",
    ),
    data: str = typer.Option(
        None, help="The folder that holds the environment folders of the configuration."
    ),
    timesteps: int = typer.Option(None, help="Decisions to train for."),
    seed: int = typer.Option(None, help="Seed of everything."),
    quick: bool = typer.Option(
        False, "--quick", help="Few lessons and decisions: the whole course in minutes."
    ),
    overrides: list[str] = typer.Option(
        [], "--set", help="key.path=value replaces a value of the configuration; repeatable."
    ),
    output: Path = typer.Option(None, "--output", help="The run folder (default: runs/train-...)."),
    init: str = typer.Option(
        None,
        "--init",
        autocompletion=completion.agents,
        help="Start from an agent: its folder, or the name of a shipped one.",
    ),
    resume: Path = typer.Option(None, "--resume", help="Go on with the training of a run folder."),
    jobs: Jobs = 2,
    backend: Backend = "local",
    address: Address = None,
) -> None:
    """Train a policy (MaskablePPO unless configured otherwise); writes an agent folder."""
    if (resume is None) == (configuration is None):
        raise PowrlError("give either a configuration to train from or a run folder to --resume.")
    workers = make_jobs(jobs, backend, address)
    replaced = [*(QUICK if quick else ()), *overrides]
    if timesteps is not None:
        replaced.append(f"training.timesteps={timesteps}")
    if seed is not None:
        replaced.append(f"training.seed={seed}")
    console = Console()
    from ..learning import training

    with _packages_named(), resumable("train") as run, _progress(console) as progress:
        shown = _Shown(console, progress, run)
        if resume is None:
            agent = training.train_configuration(
                configuration, output, replaced, data, init, workers, shown.row, shown.start
            )
        elif seed is not None or quick or overrides or output is not None or init is not None:
            raise PowrlError(
                "--resume goes on with the run as it is: besides it only --timesteps, --data, "
                "--jobs, --backend and --address can be given."
            )
        else:
            agent = training.resume_training(
                resume, replaced, data, workers, shown.row, shown.start
            )
    console.print(f"agent: {agent}\nscore it: powrl score {agent}")


class _Shown:
    """The progress bars of a training."""

    def __init__(self, console: Console, progress: Progress, run: Resumable) -> None:
        self._run = run
        self._best = 0.0
        self._console = console
        self._progress = progress

    def start(self, folder: Path, settings: Configuration) -> None:
        """Show the run folder and the empty bars."""
        self._run.folder = folder
        self._console.print(
            f"run folder: {folder} (TensorBoard: tensorboard --logdir {folder})", soft_wrap=True
        )
        self._total = settings.training.timesteps
        episodes = settings.imitation.episodes
        self._lessons = self._progress.add_task(
            "lessons", total=episodes, unit="episodes", visible=episodes > 0, text=""
        )
        self._training = self._progress.add_task(
            "training", total=self._total, unit="decisions", text=""
        )

    def row(self, row: dict[str, Any]) -> None:
        """Show a row of the curve, or the number of lessons; each validation stays as a line."""
        from ..learning.imitation import FOUND_AMONG

        update = self._progress.update
        if "lessons" in row:
            update(self._lessons, completed=row["lessons"])
            return
        if "epoch" in row:
            text = f"epoch {row['epoch']}, best in {FOUND_AMONG}: {row['found']:.1%}"
            update(self._lessons, text=text)
        # the last rollout goes beyond what was asked for
        update(self._training, completed=min(row["timesteps"], self._total))
        if "survival" in row:
            update(self._training, text=f"survival {row['survival']:.1%}")
        if "validation" in row:
            self._best = max(self._best, row["validation"])
            self._console.print(
                f"validation after {row['timesteps']} decisions: survival "
                f"{row['validation']:.1%}, the best so far {self._best:.1%}"
            )


@contextmanager
def _packages_named() -> Iterator[None]:
    """Context in which a training package that is not installed is named."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in TRAINING_PACKAGES:
            raise
        raise PowrlError(
            f"training needs {error.name}, which is not installed: pip install 'powrl[train]'."
        ) from error


def _progress(console: Console) -> Progress:
    """Bars whose lines fit 80 columns."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.completed} of {task.total} {task.fields[unit]}"),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
        console=console,
    )
