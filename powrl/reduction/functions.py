"""Reducing the action space as a function, as the command does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..parallel.jobs import Jobs, require_jobs
from ..workspace.runs import command_line, locked, run_folder
from ..workspace.versions import versions
from .scope import SETTINGS_FILE, START_FILE, begin, prepare, read_start, require_same_run
from .settings import ReductionSettings, read_settings

if TYPE_CHECKING:
    from .run import Progress
    from .scope import Scope

Document = dict[str, Any]
"""What ``report.json`` holds."""


def reduce(
    environment: str | Path,
    *,
    output: str | Path | None = None,
    jobs: Jobs = 2,
    on_start: Callable[[Path, Scope], None] = lambda *_: None,
    on_progress: Progress = lambda *_: None,
    **settings: Any,
) -> tuple[Path, Document]:
    """Try all substation topologies in hard states; write action sets and a report.

    Parameters
    ----------
    environment:
        grid2op's name of the environment, or a file like ``settings.yaml`` of a run.
    output:
        The run folder; by default a new one in ``runs/``.
    jobs:
        Processes, or a Ray cluster (`powrl.parallel.jobs.RayJobs`); neither changes the result.
    on_start, on_progress:
        Called with the run folder and its scope, and with what is being done.
    **settings:
        Fields of `powrl.reduction.settings.ReductionSettings`.

    Returns
    -------
    folder, document:
        The run folder, and what its report holds.

    Raises
    ------
    PowrlError
        A setting is impossible, the scenarios cannot be opened, or no state is hard.

    Examples
    --------
    >>> folder, document = powrl.reduce("rte_case14_realistic", states=12)  # doctest: +SKIP
    """
    require_jobs(jobs)
    resolved = read_settings(str(environment), settings)
    with run_folder("reduce", output, _has_begun) as folder:
        scope = prepare(resolved)
        begin(folder, resolved, scope, {"command": command_line(), "versions": versions()})
        on_start(folder, scope)
        return folder, _finish(folder, resolved, scope, jobs, on_progress)


def resume(
    folder: Path,
    *,
    jobs: Jobs = 2,
    on_start: Callable[[Path, Scope], None] = lambda *_: None,
    on_progress: Progress = lambda *_: None,
) -> Document:
    """Go on with a run that was stopped; its parameters are those of `reduce`.

    Raises
    ------
    PowrlError
        It is no run folder of a reduction, or its scenarios have changed.
    """
    require_jobs(jobs)
    if not (folder / SETTINGS_FILE).is_file():
        raise ConfigurationError(f"{folder} is no run folder of powrl reduce: it has no settings.")
    settings = read_settings(str(folder / SETTINGS_FILE), {})
    scope = prepare(settings)
    require_same_run(folder, settings, scope)
    with locked(folder):
        on_start(folder, scope)
        return _finish(folder, settings, scope, jobs, on_progress)


def _has_begun(folder: Path) -> bool:
    return (folder / START_FILE).is_file()


def _finish(
    folder: Path, settings: ReductionSettings, scope: Scope, jobs: Jobs, on_progress: Progress
) -> Document:
    """Do what has not been done yet, and write the results."""
    from .report import write_results
    from .run import reduce_actions

    reduction = reduce_actions(folder, settings, scope, jobs, on_progress)
    return write_results(folder, reduction, read_start(folder))
