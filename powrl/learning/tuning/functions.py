"""Searching good settings of a training as a function, as the command does it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

from optuna.trial import FrozenTrial

from ...configuration.loading import load_configuration
from ...configuration.quick import quick_overrides
from ...configuration.sections import Configuration
from ...environments.opening import require_place
from ...errors import PowrlError
from ...parallel.jobs import Jobs, require_jobs
from ...workspace.runs import locked, run_folder
from ..course import AGENT_FOLDER, Reporter
from ..requirements import require_usable
from ..run_files import (
    CONFIGURATION_FILE,
    START_FILE,
    require_same_environments,
    require_same_start,
    start_digest,
    write_start,
)
from .report import write_report
from .space import overrides_of, require_space
from .study import STUDY_FILE, Study, folder_name, folder_of, tuning_settings
from .trial import OnValidation, run_trial

TRIALS_FOLDER = "trials"

OnStart = Callable[[Path, int, int], None]
"""Called with the run folder, the number of trials, and how many of them have ended before."""
OnTrial = Callable[[int, dict[str, Any]], None]
"""Called with the number of a trial and its values, before its training."""


def tune(
    configuration: str | Path,
    output: str | Path | None = None,
    overrides: Sequence[str] = (),
    data: str | None = None,
    trials: int | None = None,
    quick: bool = False,
    jobs: Jobs = 2,
    on_start: OnStart = lambda *_: None,
    on_trial: OnTrial = lambda *_: None,
    on_row: Reporter = lambda _: None,
    on_end: Callable[[FrozenTrial], None] = lambda _: None,
) -> Path:
    """Search good settings of a training, as ``powrl tune`` does.

    Parameters
    ----------
    configuration, output, overrides, data, jobs:
        As in `powrl.train`. The section ``tuning`` of the configuration says what is searched.
    trials:
        Trials in all, in place of ``tuning.trials``.
    quick:
        Lower what costs time in each training, as ``powrl train --quick`` does.
    on_start, on_trial, on_end:
        Called at the start, and before and after each trial.
    on_row:
        Called with each row of the curve of the training that is under way.

    Returns
    -------
    Path
        The run folder: ``agent`` is the agent of the best trial, ``best.yaml`` its configuration,
        ``study.db`` Optuna's database.

    Raises
    ------
    PowrlError
        The configuration cannot be used, or a training failed.

    Examples
    --------
    >>> folder = powrl.tune("case14", trials=10, quick=True)  # doctest: +SKIP
    >>> agent = powrl.load_agent(folder / "agent", environment)  # doctest: +SKIP
    """
    require_jobs(jobs)
    more = [] if trials is None else [f"tuning.trials={trials}"]
    settings = load_configuration(configuration, [*overrides, *more], data)
    search = tuning_settings(settings)
    shortened = overrides_of(search.overrides)
    played = load_configuration(configuration, [*overrides, *shortened, *more], data)
    if quick:
        # what the user has overridden stays as it is
        keys = {override.partition("=")[0] for override in overrides}
        lowered = (o for o in quick_overrides(played) if o.partition("=")[0] not in keys)
        pairs = [override.partition("=") for override in lowered]
        update = {"overrides": {**search.overrides, **{key: int(v) for key, _, v in pairs}}}
        search = search.model_copy(update=update)
    require_place(played.scenarios_of("train"))
    require_space(configuration, search.space, data)
    require_usable(played)
    with run_folder("tune", output, _has_study) as folder:
        write_start(folder, settings.model_copy(update={"tuning": search}))
        return _Search(folder, data, jobs, on_trial, on_row, on_end).run(on_start)


def resume_tuning(
    folder: Path,
    trials: int | None = None,
    data: str | None = None,
    jobs: Jobs = 2,
    on_start: OnStart = lambda *_: None,
    on_trial: OnTrial = lambda *_: None,
    on_row: Reporter = lambda _: None,
    on_end: Callable[[FrozenTrial], None] = lambda _: None,
) -> Path:
    """Go on with a search that was stopped, to the same trials as without a stop.

    Parameters
    ----------
    folder:
        The run folder.
    trials:
        Trials in all, where more are wanted.
    data, jobs, on_start, on_trial, on_row, on_end:
        As in `tune`.

    Returns
    -------
    Path
        The run folder.

    Raises
    ------
    PowrlError
        It is no run folder of a search, or what it began with has changed.
    """
    require_jobs(jobs)
    if not _has_study(folder):
        raise PowrlError(f"{folder} is no run folder of powrl tune: it has no {STUDY_FILE}.")
    if not start_digest(folder):
        raise PowrlError(
            f"{folder / START_FILE} does not say what the search began with; restore it, or begin "
            "the search anew."
        )
    require_same_start(folder)
    with locked(folder):
        search = _Search(folder, data, jobs, on_trial, on_row, on_end, trials)
        require_same_environments(folder, search.configuration)
        return search.run(on_start)


def _has_study(folder: Path) -> bool:
    return (folder / STUDY_FILE).is_file()


class _Search:
    """The trials of a run folder."""

    def __init__(
        self,
        folder: Path,
        data: str | None,
        jobs: Jobs,
        on_trial: OnTrial,
        on_row: Reporter,
        on_end: Callable[[FrozenTrial], None],
        trials: int | None = None,
    ) -> None:
        self._folder = folder
        self._data = data
        self._jobs = jobs
        self._on_trial, self._on_row, self._on_end = on_trial, on_row, on_end
        self.configuration = load_configuration(folder / CONFIGURATION_FILE, data=data)
        self._settings = tuning_settings(self.configuration)
        self._trials = trials or self._settings.trials
        self._study = Study(folder, self._settings)

    def run(self, on_start: OnStart) -> Path:
        """Run the trials that have not ended, and write what they came to.

        Raises
        ------
        PowrlError
            The agent of the best trial is gone, or the place of the link to it is taken.
        """
        self._best_agent()  # before more is trained
        on_start(self._folder, self._trials, len(self._study.ended))
        while len(self._study.ended) < self._trials:
            ended = self._study.run_next(self._train)
            self._keep_best()
            self._on_end(ended)
        self._keep_best()
        return self._folder

    def _train(self, number: int, values: dict[str, object], on_validation: OnValidation) -> float:
        self._on_trial(number, values)
        return run_trial(
            self._folder / TRIALS_FOLDER / folder_name(number),
            self._configured(values, self._settings.overrides),
            values,
            self._jobs,
            on_validation,
            self._on_row,
        )

    def _configured(self, *values: dict[str, Any]) -> Configuration:
        """The configuration of a training with other values, and without the search."""
        overrides = [override for part in values for override in overrides_of(part)]
        path = self._folder / CONFIGURATION_FILE
        return load_configuration(path, ["tuning=null", *overrides], self._data)

    def _keep_best(self) -> None:
        """Write the report, and let ``agent`` and ``best.yaml`` be those of the best trial."""
        complete, target = self._study.complete, self._best_agent()
        best = self._configured(complete[0].params) if complete else None
        write_report(self._folder, self._study, best)
        if target is not None:
            link = self._folder / f".agent-{token_hex(4)}"
            link.symlink_to(target)
            os.replace(link, self._folder / AGENT_FOLDER)  # noqa: PTH105 - of the link itself

    def _best_agent(self) -> Path | None:
        """Where the agent of the best trial is, seen from the run folder; None: none is complete.

        Raises
        ------
        PowrlError
            It is gone, or ``agent`` of the run folder is no link.
        """
        agent = self._folder / AGENT_FOLDER
        if agent.exists() and not agent.is_symlink():
            raise PowrlError(f"{agent} is no link to the agent of a trial; move it elsewhere.")
        complete = self._study.complete
        if not complete:
            return None
        target = Path(TRIALS_FOLDER, folder_of(complete[0]), AGENT_FOLDER)
        if not (self._folder / target).is_dir():
            raise PowrlError(
                f"{self._folder / target}, the agent of the best trial, is gone; restore it, or "
                "begin the search anew."
            )
        return target
