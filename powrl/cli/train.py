"""``powrl train``: train a policy from a configuration."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..configuration.sections import Configuration
from ..errors import PowrlError
from . import completion
from .interruption import Resumable, resumable

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
    jobs: int = typer.Option(2, min=1, help="Processes that play the episodes."),
) -> None:
    """Train a policy (MaskablePPO unless configured otherwise); writes an agent folder."""
    if (resume is None) == (configuration is None):
        raise PowrlError("give either a configuration to train from or a run folder to --resume.")
    training = _load_training()
    replaced = [*(QUICK if quick else ()), *overrides]
    if timesteps is not None:
        replaced.append(f"training.timesteps={timesteps}")
    if seed is not None:
        replaced.append(f"training.seed={seed}")
    console = Console()
    with resumable("train") as run, _progress(console) as progress:
        shown = _Shown(console, progress, run)
        if resume is None:
            agent = training.train_configuration(
                configuration, output, replaced, data, init, jobs, shown.row, shown.start
            )
        elif seed is not None or quick or overrides or output is not None or init is not None:
            raise PowrlError(
                "--resume goes on with the run as it is: besides it only --timesteps, --data and "
                "--jobs can be given."
            )
        else:
            agent = training.resume_training(resume, replaced, data, jobs, shown.row, shown.start)
    console.print(f"agent: {agent}\nscore it: powrl score {agent}")


class _Shown:
    """The progress bars of a training."""

    def __init__(self, console: Console, progress: Progress, run: Resumable) -> None:
        self._run = run
        self._console = console
        self._progress = progress

    def start(self, folder: Path, settings: Configuration) -> None:
        """Show the run folder and the empty bars."""
        self._run.folder = folder
        self._console.print(f"run folder: {folder} (TensorBoard: tensorboard --logdir {folder})")
        texts: dict[str, Any] = {"survival": "", "validation": ""}
        self._training = self._progress.add_task(
            "training", total=settings.training.timesteps, unit="decisions", **texts
        )
        episodes = settings.imitation.episodes
        self._lessons = self._progress.add_task(
            "search plays", total=episodes, unit="episodes", visible=episodes > 0, **texts
        )

    def row(self, row: dict[str, Any]) -> None:
        """Show a row of the curve, or the number of lessons."""
        from ..learning.imitation import FOUND_AMONG

        update = self._progress.update
        if "lessons" in row:
            update(self._lessons, completed=row["lessons"])
            return
        if "epoch" in row:
            text = f"epoch {row['epoch']}, best among the first {FOUND_AMONG}: {row['found']:.1%}"
            update(self._lessons, survival=text)
        update(self._training, completed=row["timesteps"])
        if "survival" in row:
            update(self._training, survival=f"survival {row['survival']:.1%}")
        if "validation" in row:
            update(self._training, validation=f"validation {row['validation']:.1%}")


def _load_training() -> ModuleType:
    try:
        from ..learning import training
    except ModuleNotFoundError as error:
        if error.name not in TRAINING_PACKAGES:
            raise
        raise PowrlError(
            f"training needs {error.name}, which is not installed: pip install 'powrl[train]'."
        ) from error
    return training


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} {task.fields[unit]}"),
        TextColumn("{task.fields[survival]}"),
        TextColumn("{task.fields[validation]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
