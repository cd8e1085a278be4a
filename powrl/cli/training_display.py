"""The progress of a training in the terminal, and the packages that it needs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..errors import PowrlError, count
from .interruption import Resumable

if TYPE_CHECKING:
    from ..configuration.sections import Configuration

_TRAINING = ("torch", "stable_baselines3", "sb3_contrib", "tensorboard", "threadpoolctl")
PACKAGES = {"train": _TRAINING, "tune": (*_TRAINING, "optuna", "sqlalchemy", "alembic")}
"""Extra of powrl -> what it brings, by the names of the modules."""


class TrainingDisplay:
    """The progress of a training: bars in a terminal, and lines in a file."""

    def __init__(self, console: Console, progress: Progress, run: Resumable) -> None:
        self._run = run
        self._best = 0.0
        self._console = console
        self._progress = progress
        self._started = time.monotonic()

    def start(self, folder: Path, settings: Configuration) -> None:
        """Show the run folder and the empty bars."""
        self._run.folder = folder
        self._console.print(
            f"run folder: {folder} (TensorBoard: tensorboard --logdir {folder})", soft_wrap=True
        )
        self._total = settings.training.timesteps
        self._n_epochs = settings.imitation.epochs
        self._n_lessons = episodes = settings.imitation.episodes
        self._lessons = self._progress.add_task(
            "lessons", total=episodes, unit="episodes", visible=episodes > 0, text=""
        )
        self._training = self._progress.add_task(
            "training", total=self._total, unit="decisions", text=""
        )

    def row(self, row: dict[str, Any]) -> None:
        """Show a row of the curve, or how far the training is; each validation stays as a line."""
        if "lessons" in row:
            self._show_lessons(row["lessons"])
        elif "resumed" in row:
            self._show_start(row["resumed"], row["over"])
        elif "epoch" in row:
            self._show_epoch(row)
        else:
            # the last rollout goes beyond what was asked for
            timesteps = min(row["timesteps"], self._total)
            self._progress.update(self._training, completed=timesteps)
            if "validation" in row:
                self._show_validation(row)
            else:
                self._show_rollout(row)

    def _show_lessons(self, number: int) -> None:
        self._progress.update(self._lessons, completed=number)
        if number % max(1, self._n_lessons // 10) == 0 or number == self._n_lessons:
            self._line(f"lessons: {number} of {count(self._n_lessons, 'episode')}")

    def _show_start(self, timesteps: int, is_over: bool) -> None:
        """Say where a training goes on."""
        self._progress.update(self._training, completed=min(timesteps, self._total))
        reached = f"{count(timesteps, 'decision')}, {self._total} asked for"
        self._console.print(
            f"finished before: {reached}; --timesteps makes it longer."
            if is_over
            else f"goes on after {timesteps} of {count(self._total, 'decision')}"
        )

    def _show_epoch(self, row: dict[str, Any]) -> None:
        from ..learning.imitation import FOUND_AMONG

        text = f"epoch {row['epoch']}, best in {FOUND_AMONG}: {row['found']:.1%}"
        self._progress.update(self._lessons, text=text)
        if row["epoch"] % max(1, self._n_epochs // 10) == 0 or row["epoch"] == self._n_epochs:
            self._line(f"imitation: {text}, held-out loss {row['held_out_loss']:.3f}")

    def _show_rollout(self, row: dict[str, Any]) -> None:
        text = f"survival {row['survival']:.1%}"
        self._progress.update(self._training, text=text)
        self._line(
            f"training: {row['timesteps']} of {count(self._total, 'decision')}, {text}, "
            f"{row['fps']:.0f} grid steps/s"
        )

    def _show_validation(self, row: dict[str, Any]) -> None:
        self._best = max(self._best, row["validation"])
        self._console.print(
            f"validation after {count(row['timesteps'], 'decision')}: survival "
            f"{row['validation']:.1%}, the best so far {self._best:.1%}"
        )

    def _line(self, text: str) -> None:
        """Print a line, with the time since the start, where there are no bars."""
        if not self._console.is_terminal:
            elapsed = timedelta(seconds=round(time.monotonic() - self._started))
            self._console.print(f"{elapsed} {text}", highlight=False)


@contextmanager
def packages_named(extra: str) -> Iterator[None]:
    """Context in which a package that is not installed is named.

    Parameters
    ----------
    extra:
        The extra of powrl that brings it.

    Raises
    ------
    PowrlError
        A package of the extra is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in PACKAGES[extra]:
            raise
        raise PowrlError(
            f"powrl {extra} needs {error.name}, which is not installed: "
            f"pip install 'powrl[{extra}]'."
        ) from error


def training_progress(console: Console) -> Progress:
    """Bars whose lines fit 80 columns; none where there is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.completed} of {task.total} {task.fields[unit]}"),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
