"""Weeks made with Chronix2Grid by an environment folder's own settings, one after another."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date as day
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..environments.folder_files import CHRONICS
from ..errors import PowrlError, shown
from ..player.files import refusing_unwritable, require_space, write_text_whole
from ..storage.digest import digest_of
from ..storage.json_file import read_json_object
from ..storage.whole_folder import remove_partial_folders, whole_folder
from ..workspace.runs import locked
from .chronix2grid import PACKAGES
from .folders import (
    GENERATOR_FILES,
    SCENARIO_FILE,
    has_generator_settings,
    require_outside_environments,
)
from .split import copy_settings

RECORD_FILE = "generation.json"
"""In the folder that is made: what its weeks are made from."""

TRIES = 3
"""Draws of a week whose generators cannot follow its loads, before it is given up."""

MOST_WEEKS = 100_000
"""Weeks of a seed at most; more are a slip of the pen."""

_WEEK_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]+(-[0-9]+)?")
"""Names of weeks, of any date, seed and turn."""


@dataclass(frozen=True)
class Week:
    """A week of a seed.

    Attributes
    ----------
    date:
        Its first day.
    seed, index:
        The seed, and the week's place in its order.
    turn:
        How often the date has come before.
    """

    date: str
    seed: int
    index: int
    turn: int

    @property
    def number(self) -> str:
        """What follows the date in the scenario's name."""
        return f"{self.seed}-{self.turn}" if self.turn else str(self.seed)

    @property
    def name(self) -> str:
        """The scenario's name."""
        return f"{self.date}_{self.number}"

    def seeds(self, attempt: int) -> list[int]:
        """Seeds of loads, of wind and sun, and of forecasts."""
        entropy = np.random.SeedSequence((self.seed, self.index, attempt))
        return [int(number) for number in entropy.generate_state(3)]


class Generator(Protocol):
    """Writes the folders of weeks."""

    def __call__(self, request: dict[str, Any]) -> str | None:
        """Write the folder of a week; gives back why its draw cannot be played, or None."""
        ...

    def end(self) -> None:
        """End the weeks that are being made."""
        ...


def plan_weeks(folder: Path, weeks: int, seed: int) -> list[Week]:
    """The first weeks of a seed; more of them begin with the same.

    The dates are those of the folder's settings, each once before one comes again.

    Raises
    ------
    PowrlError
        The settings name no dates, or one of them more than once; `weeks` is above `MOST_WEEKS`.
    """
    if weeks > MOST_WEEKS:
        raise PowrlError(f"{shown(weeks)} weeks are too many; give {MOST_WEEKS} at most.")
    dates = _dates(folder / SCENARIO_FILE)
    planned: list[Week] = []
    while len(planned) < weeks:
        turn = len(planned) // len(dates)
        for date in np.random.default_rng((seed, turn)).permutation(dates).tolist():
            planned.append(Week(date, seed, len(planned), turn))
    return planned[:weeks]


def _dates(path: Path) -> list[str]:
    """The first days of weeks that settings name."""
    dates = read_json_object(path, "restore it").get("all_dates")
    if not (isinstance(dates, list) and dates):
        raise PowrlError(f"{path} needs all_dates, a list of the first days of weeks.")
    for date in dates:
        if not _is_date(date):
            raise PowrlError(
                f"{path} has {shown(date)} among all_dates; put a date as 2050-01-03 there."
            )
    (date, number), *_ = Counter(dates).most_common(1)
    if number > 1:
        raise PowrlError(f"{path} has {date} more than once among all_dates; name it once.")
    return dates


def _is_date(text: object) -> bool:
    """Whether a text is a date in the one form that may be part of a folder's name."""
    try:
        return isinstance(text, str) and day.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def generate_weeks(
    environment: Path,
    output: Path,
    weeks: int,
    seed: int,
    jobs: int,
    make_generator: Callable[[], Generator],
    on_week: Callable[[int, int], None] = lambda *_: None,
) -> list[str]:
    """Make an environment folder with weeks of a seed, or go on where that was stopped.

    A week's folder is whole or not there. It follows from the seed and its place in the order:
    neither a stop nor the number of processes changes it.

    Parameters
    ----------
    environment:
        The environment folder whose settings count.
    output:
        The folder to make; what was made from the same settings stays, also of other seeds.
    make_generator:
        Makes what writes weeks; it is called when one is missing.
    on_week:
        Called with the number of weeks that are there, and of all.

    Returns
    -------
    list
        Names of the scenarios, in the order of the seed.

    Raises
    ------
    PowrlError
        The folder has no settings, or they name no weeks; `output` was made from others; a week
        cannot be made.
    """
    _require_settings(environment)
    planned = plan_weeks(environment, weeks, seed)
    _begin(environment, output)
    with locked(output), refusing_unwritable(output):
        remove_partial_folders(output, _WEEK_NAME)
        missing = [week for week in planned if not (output / CHRONICS / week.name).exists()]
        done = weeks - len(missing)
        on_week(done, weeks)
        if missing:
            generator = make_generator()
            for _ in _in_parallel(generator, output, missing, jobs):
                done += 1
                on_week(done, weeks)
    return [week.name for week in planned]


def _in_parallel(
    generator: Generator, output: Path, weeks: list[Week], jobs: int
) -> Iterator[None]:
    """Make weeks, some at a time; each is told when it is there."""
    with ThreadPoolExecutor(jobs) as pool:
        tasks = [pool.submit(_make, generator, output, week) for week in weeks]
        try:
            for task in as_completed(tasks):
                task.result()
                yield
        finally:  # of an error, and of Ctrl-C
            pool.shutdown(wait=False, cancel_futures=True)
            generator.end()


def _require_settings(environment: Path) -> None:
    if not has_generator_settings(environment):
        missing = [name for name in GENERATOR_FILES if not (environment / name).is_file()]
        raise PowrlError(
            f"{environment} lacks what Chronix2Grid generates by ({', '.join(missing)}); "
            "environments from 2022 on have it, such as l2rpn_idf_2023."
        )


def _begin(environment: Path, output: Path) -> None:
    """Copy the settings to the folder that is made, or find that they are there."""
    record = output / RECORD_FILE
    if not record.exists():
        with refusing_unwritable(output):
            if output.exists():
                raise PowrlError(
                    f"{output} exists and is no folder of powrl data generate; choose another "
                    "--output."
                )
            require_outside_environments(output)
            output.parent.mkdir(parents=True, exist_ok=True)
            with whole_folder(output) as partial:
                copy_settings(environment, partial)
                body = {"settings": _settings_digest(partial), "packages": PACKAGES}
                write_text_whole(partial / RECORD_FILE, json.dumps(body, indent=1) + "\n")
    body = read_json_object(record, "choose another --output")
    made_from = {_settings_digest(environment), _settings_digest(output)}
    if {body.get("settings")} != made_from:
        raise PowrlError(
            f"{output} was made from other settings than {environment} has; choose another "
            "--output."
        )
    if body.get("packages") != list(PACKAGES):
        raise PowrlError(
            f"{output} was made with other versions of Chronix2Grid's packages; choose another "
            "--output."
        )
    require_space(output / CHRONICS / "week")


def _settings_digest(folder: Path) -> str:
    optional = ("params_forecasts.json", "chronix2grid_adddata_kwargs.json")
    names = [*GENERATOR_FILES, *optional, "wind_extra_params.json", "maintenance_meta.json"]
    files = [folder / name for name in (*names, "grid.json", "config.py")]
    return digest_of(*(path for path in files if path.exists()))


def _make(generator: Generator, output: Path, week: Week) -> None:
    """Make the folder of a week; a draw that cannot be played is drawn anew, up to `TRIES`."""
    with whole_folder(output / CHRONICS / week.name, output) as partial:
        for attempt in range(TRIES):
            reason = generator(
                {
                    "folder": str(output),
                    "output": str(partial.parent),
                    "date": week.date,
                    "number": week.number,
                    "seeds": week.seeds(attempt),
                }
            )
            if reason is None:
                return
        raise PowrlError(
            f"the week {week.name} cannot be made: {TRIES} draws of it fail, the last one because "
            f"of {reason}; choose another --seed."
        )
