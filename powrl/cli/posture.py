"""``powrl posture``: learn what attacks come to, and which splits to hold against them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from ..errors import PowrlError, count
from ..parallel.jobs import make_jobs
from . import completion
from .console import plain_console
from .interruption import resumable
from .parallel_options import Address, Backend, Jobs
from .run_display import require_as_it_is, scenario_progress


def command(
    agent: str = typer.Argument(
        None,
        autocompletion=completion.agents,
        help="The agent that learns: a folder, or the name of a shipped one.",
    ),
    data: Path = typer.Option(None, help="Environment folder with the scenarios."),
    scenarios: str = typer.Option(None, help="Regular expression of the scenarios (default: all)."),
    output: Path = typer.Option(
        None, "--output", "-o", help="The run folder (default: runs/posture-...)."
    ),
    max_steps: int = typer.Option(
        None, help="Steps of each scenario to play at most (default: 0, all)."
    ),
    attack_every: int = typer.Option(
        None, help="Days from one attack to the next (default: 1; 0: none)."
    ),
    states: int = typer.Option(
        None, help="Steps of each scenario to look at postures in (default: 10)."
    ),
    postures: int = typer.Option(None, help="Postures to choose at most (default: 12)."),
    additions: int = typer.Option(
        None, help="Splits to choose at most that are held on top of a posture (default: 0)."
    ),
    seed: int = typer.Option(None, help="Seed of everything (default: 0)."),
    jobs: Jobs = 2,
    backend: Backend = "local",
    address: Address = None,
    resume: Path = typer.Option(None, "--resume", help="Go on with a run folder."),
) -> None:
    """Play attacks on copies of episodes; write the agent with what they have taught."""
    values = {
        "data": None if data is None else str(data),
        "scenarios": scenarios,
        "max_steps": max_steps,
        "attack_every": attack_every,
        "states": states,
        "postures": postures,
        "additions": additions,
        "seed": seed,
    }
    settings = {key: value for key, value in values.items() if value is not None}
    if (resume is None) == (agent is None):
        raise PowrlError("give either an agent that learns, or a run folder to --resume.")
    if resume is not None:
        require_as_it_is(bool(settings) or output is not None)
    if agent is not None and data is None:
        raise PowrlError("name the environment folder with the scenarios: --data FOLDER.")
    _run(agent, resume, output, make_jobs(jobs, backend, address), settings)


def _run(
    agent: str, resume: Path | None, output: Path | None, jobs: Any, settings: dict[str, Any]
) -> None:
    """Learn with a progress bar."""
    from ..postures import functions

    console = plain_console(soft_wrap=True)
    progress = scenario_progress(console)
    task = progress.add_task("playing", total=None)

    def start(folder: Path, number: int) -> None:
        run.folder = folder
        console.print(f"run folder: {folder}")
        progress.update(task, total=number)
        progress.start()

    def show(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    with resumable("posture") as run, ExitStack() as stack:
        stack.callback(progress.stop)
        if resume is not None:
            folder = resume
            document = functions.resume(resume, jobs=jobs, on_start=start, on_progress=show)
        else:
            folder, document = functions.learn_postures(
                agent, output=output, jobs=jobs, on_start=start, on_progress=show, **settings
            )
    _print_results(console, folder / functions.AGENT_FOLDER, document)


def _print_results(console: Console, folder: Path, document: dict[str, Any]) -> None:
    """Print what was learned."""
    attacks, learned = document["attacks"].values(), document["settings"]
    postures, additions = learned["postures"], learned["posture_additions"]
    after = f"with the {count(len(additions), 'addition')} {document['risk'][-1]:.1%}, "
    with_additions = after if additions else ""
    console.print(
        f"{count(sum(one['played'] for one in attacks), 'risky attack')} played, "
        f"{sum(one['fatal'] for one in attacks)} fatal. In "
        f"{count(document['states'], 'calm state')} an attack is fatal with a "
        f"chance of {document['risk'][0]:.1%}, with the "
        f"{count(len(postures), 'posture')} {document['risk'][len(postures)]:.1%}, {with_additions}"
        f"with all actions {document['least_risk']:.1%}."
    )
    console.print(f"agent: {folder}")
