"""``powrl train``: train a policy from a configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..configuration.sections import Configuration, load_configuration
from ..environments.opening import BUNDLED, DOWNLOAD
from ..errors import PowrlError
from ..player.files import write_text_whole
from ..workspace.runs import command_line, run_folder, versions

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

CONFIGURATION_FILE = "configuration.yaml"
ACTIONS_FILE = "actions.json"


def command(
    configuration: str = typer.Argument(
        None, help="A YAML file, or the name of a shipped configuration (powrl envs)."
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
    resume: Path = typer.Option(None, "--resume", help="Go on with the training of a run folder."),
    jobs: int = typer.Option(2, min=1, help="Processes that play the episodes."),
) -> None:
    """Train a policy with MaskablePPO; writes an agent folder."""
    if (resume is None) == (configuration is None):
        raise PowrlError("give either a configuration to train from or a run folder to --resume.")
    require_usable, train = _load_training()
    replaced = [*(QUICK if quick else ()), *overrides]
    if timesteps is not None:
        replaced.append(f"training.timesteps={timesteps}")
    if seed is not None:
        replaced.append(f"training.seed={seed}")
    if resume is not None:
        if seed is not None or quick or overrides or output is not None:
            raise PowrlError(
                "--resume goes on with the run as it is: besides it only --timesteps, --data and "
                "--jobs can be given."
            )
        if not (resume / CONFIGURATION_FILE).is_file():
            raise PowrlError(f"{resume} is no run folder of powrl train: it has no configuration.")
        settings = load_configuration(resume / CONFIGURATION_FILE, replaced, data)
        _train(train, settings, resume, jobs, resume=True)
        return
    settings = load_configuration(configuration, replaced, data)
    require_usable(settings)
    with run_folder("train", output) as folder:
        _train(train, _write_start(folder, settings), folder, jobs)


def _train(
    train: Any, settings: Configuration, folder: Path, jobs: int, resume: bool = False
) -> None:
    """Train with a progress bar; `train` is that of `powrl.learning.training`."""
    from ..learning.imitation import FOUND_AMONG

    console = Console()
    console.print(f"run folder: {folder} (TensorBoard: tensorboard --logdir {folder})")
    with _progress(console) as progress:
        told: dict[str, Any] = {"survival": "", "validation": ""}
        task = progress.add_task(
            "training", total=settings.training.timesteps, unit="decisions", **told
        )
        episodes = settings.imitation.episodes
        lessons = progress.add_task(
            "search plays", total=episodes, unit="episodes", visible=episodes > 0, **told
        )

        def show(row: dict[str, Any]) -> None:
            if "lessons" in row:
                progress.update(lessons, completed=row["lessons"])
                return
            if "epoch" in row:
                found = (
                    f"epoch {row['epoch']}, best among the first {FOUND_AMONG}: {row['found']:.1%}"
                )
                progress.update(lessons, survival=found)
            progress.update(task, completed=row["timesteps"])
            if "survival" in row:
                progress.update(task, survival=f"survival {row['survival']:.1%}")
            if "validation" in row:
                progress.update(task, validation=f"validation {row['validation']:.1%}")

        agent = train(settings, folder, command_line(), resume, show, jobs)
    console.print(f"agent: {agent}\nscore it: powrl score {agent}")


def _load_training() -> tuple[Any, Any]:
    try:
        from ..learning.training import require_usable, train
    except ModuleNotFoundError as error:
        if error.name not in TRAINING_PACKAGES:
            raise
        raise PowrlError(
            f"training needs {error.name}, which is not installed: pip install 'powrl[train]'."
        ) from error
    return require_usable, train


def _write_start(folder: Path, settings: Configuration) -> Configuration:
    """Put what the run is made from into its folder, which is then all that --resume needs."""
    if settings.actions != "unitary":
        actions = Path(settings.actions).read_text(encoding="utf-8")
        write_text_whole(folder / ACTIONS_FILE, actions)
        settings = settings.model_copy(update={"actions": ACTIONS_FILE})
    if settings.scenarios.data not in (BUNDLED, DOWNLOAD):
        data = str(Path(str(settings.scenarios.data)).resolve())
        scenarios = settings.scenarios.model_copy(update={"data": data})
        settings = settings.model_copy(update={"scenarios": scenarios})
    write_text_whole(folder / CONFIGURATION_FILE, settings.to_yaml())
    start = {"command": command_line(), "versions": versions()}
    write_text_whole(folder / "run.json", json.dumps(start, indent=1) + "\n")
    return load_configuration(folder / CONFIGURATION_FILE)


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
