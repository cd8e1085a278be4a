"""Search the settings of the robustness agent's training with Optuna, on its validation weeks.

    python -m benchmarks.study --data DIR --output STUDY --trials 30
    python -m benchmarks.study --report STUDY --docs docs/lab

A trial is a short training: imitation, then PPO for `DECISIONS` decisions. Its value is the mean of
the validations in the second half of those decisions. The lessons are recorded once for each set
of features. The same command goes on with a study that was stopped.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import typer
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console

from benchmarks.command import run_command
from benchmarks.marked_page import MarkedPage
from powrl.configuration.loading import load_configuration
from powrl.configuration.sections import Configuration
from powrl.learning.algorithms.base import DivergedError
from powrl.learning.course import CURVE_FILE
from powrl.learning.teacher import LESSONS_FOLDER
from powrl.learning.training import train
from powrl.player.errors import PowrlError
from powrl.workspace.runs import command_line

CONFIGURATION = "neurips_2020_track1"
DECISIONS = 8000
COURSE = (
    f"training.timesteps={DECISIONS}",
    "training.evaluate_every=2",
    "training.evaluation_seeds=3",
    "training.evaluation_candidates=3",
)
FEATURES = {
    "lean": "[line_load, topology]",
    "shipped": "[line_load, topology, cooldown, overflow, time]",
    "wide": "[line_load, topology, cooldown, overflow, time, flow, generation, load]",
}
LAYERS = ("128,128", "256,256", "512,512", "256,256,256")
JOURNAL = "study.log"
PAGE = "learning.md"
START, END = "<!-- study: start -->", "<!-- study: end -->"

Run = Callable[[Configuration, Path], float]

console = Console(soft_wrap=True)


def suggest(trial: optuna.Trial) -> tuple[str, list[str]]:
    """The name of a trial's features, and its overrides of the configuration."""
    features = trial.suggest_categorical("features", list(FEATURES))
    values = {
        "observation": FEATURES[features],
        "training.layers": f"[{trial.suggest_categorical('layers', LAYERS)}]",
        "training.activation": trial.suggest_categorical("activation", ("relu", "tanh")),
        "training.learning_rate": trial.suggest_float("learning_rate", 3e-5, 1e-3, log=True),
        "training.entropy_coefficient": trial.suggest_float("entropy", 3e-4, 1e-2, log=True),
        "training.n_epochs": trial.suggest_int("n_epochs", 2, 10),
        "training.clip_range": trial.suggest_float("clip_range", 0.1, 0.3),
        "training.curriculum": trial.suggest_categorical("curriculum", (0.0, 0.5, 0.9)),
        "imitation.temperature": trial.suggest_float("temperature", 0.02, 0.2, log=True),
    }
    return features, [f"{key}={value}" for key, value in values.items()]


def run_study(
    folder: Path, trials: int, data: str | None, overrides: Sequence[str], run: Run
) -> optuna.Study:
    """Begin a study or go on with it, until so many trials are complete.

    Parameters
    ----------
    run:
        Trains a configuration in a folder; its value.
    """
    study = _opened(folder)
    for trial in study.get_trials(states=(TrialState.RUNNING,)):  # that a stop left
        study.tell(trial.number, state=TrialState.FAIL)

    def objective(trial: optuna.Trial) -> float:
        features, suggested = suggest(trial)
        lessons = (folder / f"{LESSONS_FOLDER}-{features}").resolve()
        lessons.mkdir(exist_ok=True)
        own = folder / f"trial-{trial.number:03d}"
        own.mkdir()
        (own / LESSONS_FOLDER).symlink_to(lessons)
        configuration = load_configuration(CONFIGURATION, [*COURSE, *suggested, *overrides], data)
        try:
            return run(configuration, own)
        except DivergedError as error:
            raise optuna.TrialPruned(str(error)) from error

    complete = len(study.get_trials(states=(TrialState.COMPLETE,)))
    study.optimize(objective, n_trials=max(0, trials - complete))
    return study


def trained(configuration: Configuration, folder: Path, jobs: int) -> float:
    """The mean of the validations in the second half of a training, the last one at least."""
    train(configuration, folder, command_line(), jobs=jobs)
    rows = [json.loads(line) for line in (folder / CURVE_FILE).read_text("utf-8").splitlines()]
    validated = [row for row in rows if "validation" in row]
    half = min(configuration.training.timesteps / 2, validated[-1]["timesteps"])
    return float(np.mean([row["validation"] for row in validated if row["timesteps"] >= half]))


def table(study: optuna.Study) -> str:
    """All complete trials, the best first, in Markdown."""
    done = sorted(study.get_trials(states=(TrialState.COMPLETE,)), key=_value, reverse=True)
    if not done:
        raise PowrlError("the study has no complete trial; play one with --data and --output.")
    names = sorted(done[0].params)
    head = ["trial", "survived (%)", *names]
    rows = [
        [str(trial.number), f"{100 * _value(trial):.1f}", *(_shown(trial.params[n]) for n in names)]
        for trial in done
    ]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _value(trial: FrozenTrial) -> float:
    assert trial.value is not None
    return trial.value


def _shown(value: Any) -> str:
    return f"{value:.2g}" if isinstance(value, float) else str(value)


def _opened(folder: Path) -> optuna.Study:
    storage = JournalStorage(JournalFileBackend(str(folder / JOURNAL)))
    study = optuna.create_study(
        study_name=CONFIGURATION, storage=storage, direction="maximize", load_if_exists=True
    )
    # with one seed for all starts, each would begin with the same trials
    study.sampler = optuna.samplers.TPESampler(seed=len(study.trials))
    return study


def main(
    data: str = typer.Option(None, help="The folder that holds the environment folders."),
    output: Path = typer.Option(None, help="Where the study and its trainings are kept."),
    trials: int = typer.Option(30, min=1, help="Complete trials in all."),
    overrides: list[str] = typer.Option([], "--set", help="As that of powrl train."),
    jobs: int = typer.Option(2, min=1, help="Processes that play the episodes."),
    report: Path = typer.Option(None, help="Train nothing: report what this folder holds."),
    docs: Path = typer.Option(Path("docs/lab"), help="With --report: rewrite its page."),
) -> None:
    """Run the study, or write the table of it."""
    logging.disable(logging.WARNING)
    if report is not None:
        if not (report / JOURNAL).is_file():
            raise PowrlError(f"{report} holds no study; give the folder of --output.")
        MarkedPage.read(docs / PAGE, START, END).write(table(_opened(report)))
        return
    if data is None or output is None:
        raise PowrlError("give --data and --output to train, or --report FOLDER.")
    output.mkdir(parents=True, exist_ok=True)
    study = run_study(
        output,
        trials,
        data,
        overrides,
        lambda configuration, own: trained(configuration, own, jobs),
    )
    console.print(table(study))


if __name__ == "__main__":
    run_command(main, "study")
