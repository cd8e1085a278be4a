"""``powrl reduce``: choose the topology actions that solve hard states."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from ..engines.engine import EngineName
from ..errors import PowrlError, count
from ..parallel.jobs import RayJobs, make_jobs
from . import completion
from .console import plain_console
from .interruption import resumable
from .parallel_options import Address, Backend, Jobs
from .run_display import require_as_it_is, scenario_progress

if TYPE_CHECKING:
    from ..reduction.scope import Scope


def command(
    environment: str = typer.Argument(
        None,
        autocompletion=completion.environments,
        help="grid2op's name of the environment, or a file like settings.yaml of a run.",
    ),
    output: Path = typer.Option(
        None, "--output", "-o", help="The run folder (default: runs/reduce-...)."
    ),
    data: str = typer.Option(None, help="bundled (default), download, or an environment folder."),
    scenarios: str = typer.Option(None, help="Regular expression of the scenarios (default: all)."),
    sizes: str = typer.Option(
        None, help="Sizes of the action sets, besides all (default: 60,120,240,500)."
    ),
    states: int = typer.Option(None, help="Hard states of each scenario at most (default: 24)."),
    max_steps: int = typer.Option(
        None, help="Steps of each scenario to play at most (default: 0, all)."
    ),
    critical_rho: float = typer.Option(
        None, help="Line load from which on the player acts (default: 0.95)."
    ),
    max_elements: int = typer.Option(
        None, help="Screen substations with more elements, enumerate the others (default: 10)."
    ),
    screened: int = typer.Option(
        None, help="Topologies that survive a screening (default: 20; 0: no screening)."
    ),
    substations: int = typer.Option(
        None,
        help="Large grids: substations that the player and the search for sequences try in "
        "full, the best of a first look (default: 0, all).",
    ),
    seed: int = typer.Option(None, help="Seed of everything (default: 0)."),
    engine: EngineName = typer.Option(
        None, help="What plays: fast (default, equal to grid2op), or grid2op itself."
    ),
    jobs: Jobs = 2,
    backend: Backend = "local",
    address: Address = None,
    resume: Path = typer.Option(None, "--resume", help="Go on with a run folder."),
) -> None:
    """Try all substation topologies in hard states; write action sets and a report."""
    values = {
        "data": data,
        "scenarios": scenarios,
        "sizes": None if sizes is None else sizes.split(","),
        "states": states,
        "max_steps": max_steps,
        "critical_rho": critical_rho,
        "max_elements": max_elements,
        "screened": screened,
        "substations": substations,
        "seed": seed,
        "engine": engine,
    }
    settings = {key: value for key, value in values.items() if value is not None}
    _require_one(environment, resume, bool(settings) or output is not None)
    _run(environment, resume, output, make_jobs(jobs, backend, address), settings)


def _require_one(environment: str | None, resume: Path | None, has_settings: bool) -> None:
    """Refuse anything but an environment with its settings, or a run as it is.

    Raises
    ------
    PowrlError
        Both are given or none, or a run with settings.
    """
    if (resume is None) == (environment is None):
        raise PowrlError("give either an environment to reduce or a run folder to --resume.")
    if resume is not None:
        require_as_it_is(has_settings)


def _run(
    environment: str,
    resume: Path | None,
    output: Path | None,
    jobs: int | RayJobs,
    settings: dict[str, Any],
) -> None:
    """Reduce with a progress bar."""
    from ..reduction import functions

    console = plain_console(soft_wrap=True)
    progress = scenario_progress(console)
    task = progress.add_task("playing", total=None)
    scopes: list[Scope] = []

    def start(folder: Path, scope: Scope) -> None:
        scopes.append(scope)
        run.folder = folder
        console.print(f"run folder: {folder}")
        progress.update(task, total=len(scope.scenarios))
        progress.start()  # not before it is known that there is work

    def show(doing: str, done: int, total: int) -> None:
        progress.update(task, description=doing, completed=done, total=total)

    with resumable("reduce") as run, ExitStack() as stack:
        stack.callback(progress.stop)
        if resume is not None:
            folder = resume
            document = functions.resume(resume, jobs=jobs, on_start=start, on_progress=show)
        else:
            folder, document = functions.reduce(
                environment, output=output, jobs=jobs, on_start=start, on_progress=show, **settings
            )
    _print_results(console, folder, scopes[0], document)


def _print_results(console: Console, folder: Path, scope: Scope, document: dict[str, Any]) -> None:
    """Print how much each action set solves."""
    states = count(document["held_out"]["n_states"], "state")
    console.print(
        f"topologies tried in {count(document['chosen_on']['n_states'], 'hard state')}: "
        f"{document['tried']}; "
        + (f"held out: {states}" if scope.held_out else f"none held out: of these {states}")
        + f", of which some single action solves {document['held_out']['solvable']}."
    )
    for row in document["sizes"]:
        share = row["held_out"]["share"]
        console.print(
            f"{row['size']:>5} {'action solves' if row['size'] == 1 else 'actions solve'} "
            f"{'none' if share is None else f'{share:.1%}'} of these"
            f"   {folder / row['file']}"
        )
    console.print(f"report: {folder / 'report.html'}")
