"""``powrl train``: train a policy from a configuration."""

from __future__ import annotations

from pathlib import Path

import typer

from ..errors import PowrlError
from ..parallel.jobs import make_jobs
from . import completion
from .console import plain_console
from .interruption import resumable
from .parallel_options import Address, Backend, Jobs
from .training_display import TrainingDisplay, packages_named, training_progress


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
        False, "--quick", help="Fewer lessons and decisions: the whole course in minutes."
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
    replaced = list(overrides)
    if quick and resume is None:
        replaced = [*_quick_overrides(configuration), *overrides]
    if timesteps is not None:
        replaced.append(f"training.timesteps={timesteps}")
    if seed is not None:
        replaced.append(f"training.seed={seed}")
    console = plain_console()
    from ..learning import run_files, training

    with (
        packages_named("train"),
        resumable("train", run_files.checkpoints) as run,
        training_progress(console) as progress,
    ):
        display = TrainingDisplay(console, progress, run)
        if resume is None:
            agent = training.train_configuration(
                configuration, output, replaced, data, init, workers, display.row, display.start
            )
        elif seed is not None or quick or overrides or output is not None or init is not None:
            raise PowrlError(
                "--resume goes on with the run as it is: besides it only --timesteps, --data, "
                "--jobs, --backend and --address can be given."
            )
        else:
            agent = training.resume_training(
                resume, replaced, data, workers, display.row, display.start
            )
    console.print(f"report: {agent.parent / 'report.html'}", soft_wrap=True)
    advice = f"powrl score {agent.parent} --simulated 1"
    console.print(f"agent: {agent}\nsee what training adds: {advice}", soft_wrap=True)


def _quick_overrides(configuration: str) -> list[str]:
    """The overrides that make the training of a configuration quick."""
    from ..configuration.loading import load_configuration
    from ..configuration.quick import quick_overrides

    return quick_overrides(load_configuration(configuration))
