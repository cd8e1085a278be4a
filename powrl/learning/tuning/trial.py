"""A trial: a training in a folder of its own, which goes on where it was stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...configuration.loading import load_configuration
from ...configuration.sections import Configuration
from ...parallel.jobs import Jobs
from ...player.files import read_text, refusing_unwritable, write_text_whole
from ...workspace.runs import command_line
from ..course import Reporter
from ..curve import read_curve
from ..run_files import (
    CONFIGURATION_FILE,
    checkpoints,
    require_same_start,
    start_digest,
    write_start,
)
from ..teacher import LESSONS_FOLDER, lessons_digest
from ..training import train

PARAMETERS_FILE = "parameters.json"

OnValidation = Callable[[int, float], None]
"""Called with the number of a validation, from 0 on, and the share of steps survived in it."""


def run_trial(
    folder: Path,
    configuration: Configuration,
    parameters: Mapping[str, Any],
    jobs: Jobs,
    on_validation: OnValidation,
    on_row: Reporter,
) -> float:
    """Train in the folder of a trial, or go on with the training that a stop left there.

    Parameters
    ----------
    folder:
        Folder of the trial, below that of all trials; lessons are kept beside them, once for all
        trials whose lessons are alike.
    parameters:
        The values that the trial tries; a folder of other ones is emptied.
    on_validation:
        Told of all validations in turn, also of those before a stop.

    Returns
    -------
    float
        The mean of the validations in the second half of the decisions, the last one at least.
    """
    settings = _begun(folder, configuration, parameters)
    reported = 0

    def follow(row: dict[str, Any]) -> None:
        nonlocal reported
        on_row(row)
        validations = [row["validation"] for row in read_curve(folder) if "validation" in row]
        while reported < len(validations):
            reported += 1
            on_validation(reported - 1, validations[reported - 1])

    train(settings, folder, command_line(), bool(checkpoints(folder)), follow, jobs)
    return value_of(read_curve(folder), settings.training.timesteps)


def value_of(rows: Sequence[Mapping[str, Any]], timesteps: int) -> float:
    """What a training is worth: the mean of the validations in its second half.

    The last one counts at least. The best one would be that of the luckiest seeds.

    Parameters
    ----------
    rows:
        The curve.
    timesteps:
        Decisions that were asked for.

    Examples
    --------
    >>> rows = [{"timesteps": n, "validation": 0.1 * n} for n in (0, 2, 4)]
    >>> round(value_of(rows, 4), 3)
    0.3
    """
    validated = [row for row in rows if "validation" in row]
    half = min(timesteps / 2, validated[-1]["timesteps"])
    return float(np.mean([row["validation"] for row in validated if row["timesteps"] >= half]))


def _begun(
    folder: Path, configuration: Configuration, parameters: Mapping[str, Any]
) -> Configuration:
    """The configuration of a trial whose folder holds all that it begins with."""
    text = json.dumps(dict(parameters), indent=1) + "\n"
    written = folder / PARAMETERS_FILE
    is_begun = bool(start_digest(folder)) and written.exists() and read_text(written) == text
    if is_begun:
        require_same_start(folder)
        return load_configuration(folder / CONFIGURATION_FILE, data=configuration.scenarios.data)
    with refusing_unwritable(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        lessons = Path(LESSONS_FOLDER) / lessons_digest(configuration)[:16]
        (folder.parents[1] / lessons).mkdir(parents=True, exist_ok=True)
        (folder / LESSONS_FOLDER).symlink_to(Path("..", "..", lessons))
    write_text_whole(written, text)
    return write_start(folder, configuration)
