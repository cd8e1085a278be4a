"""``powrl data``: scenarios found, downloaded, split, generated and checked."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ..errors import PowrlError, StoppedError, count
from ..parallel.jobs import MOST_PROCESSES
from . import completion
from .console import plain_console

app = typer.Typer(
    help="Find, download, split, generate and check scenarios.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_folders(
    folders: list[Path] = typer.Argument(
        None, help="Environment folders, or folders that hold some; besides what grid2op has."
    ),
) -> None:
    """List the environments at hand: their scenarios, and whether more can be generated."""
    from ..data.folders import environments_at_hand

    table = Table("environment", "where", "scenarios", "generate", box=None, pad_edge=False)
    for environment in environments_at_hand(folders or []):
        own = environment.place == "folder"
        table.add_row(
            Text(environment.name, no_wrap=True),
            Text(str(environment.path) if own else environment.place, overflow="fold"),
            Text(_span(environment.scenarios)),
            "yes" if environment.has_settings else "no",
        )
    plain_console().print(table)


def _span(names: tuple[str, ...]) -> str:
    """How many scenarios there are, and the first and the last of them."""
    ends = " to ".join(dict.fromkeys([*names[:1], *names[-1:]]))
    return f"{len(names)}: {ends}" if names else "0"


@app.command("get")
def get(environment: str = typer.Argument(help="A name of `powrl envs --download`.")) -> None:
    """Download an environment with its scenarios, as grid2op does, and say where it is."""
    from ..data.download import get_environment

    folder = get_environment(environment)
    typer.echo(f"{environment} is in {folder}")


@app.command("split")
def split(
    folder: Path = typer.Argument(help="The environment folder."),
    output: Path = typer.Option(
        Path("data"), "--output", "-o", help="The folder that will hold the three: your --data."
    ),
    name: str = typer.Option(None, help="What their names begin with (default: the folder's)."),
    choose: float = typer.Option(0.2, help="Share that chooses settings and checkpoints (_val)."),
    report: float = typer.Option(0.2, help="Share that is reported (_test); the rest trains."),
    seed: int = typer.Option(0, min=0, help="Draws which scenarios these are."),
) -> None:
    """Split scenarios into three environment folders: NAME_train, NAME_val and NAME_test."""
    from ..data.split import Shares, split_folder

    prefix = folder.resolve().name if name is None else name
    written = split_folder(folder, output, prefix, Shares(choose, report), seed)
    for path, names in written.items():
        typer.echo(f"{path}: {count(len(names), 'scenario')}, {names[0]} to {names[-1]}")


@app.command("generate")
def generate(
    environment: str = typer.Argument(
        autocompletion=completion.environments,
        help="Name of a bundled environment, or an environment folder.",
    ),
    weeks: int = typer.Option(..., min=1, help="How many weeks of the seed."),
    seed: int = typer.Option(0, min=0, help="Fixes all weeks; more of them begin with the same."),
    output: Path = typer.Option(
        None, "--output", "-o", help="The environment folder (default: ENVIRONMENT_generated)."
    ),
    jobs: int = typer.Option(
        None, min=1, max=MOST_PROCESSES, help="Weeks at a time (default: one for each core)."
    ),
) -> None:
    """Generate weeks with Chronix2Grid, by the environment's own settings.

    Chronix2Grid gets a virtual environment of its own, once. A week takes about six minutes of
    CPU. The same command goes on where it was stopped.
    """
    import joblib

    from ..data.chronix2grid_processes import Chronix2GridProcesses
    from ..data.folders import find_environment
    from ..data.generation import generate_weeks

    source = find_environment(environment)
    target = output or Path(f"{source.resolve().name}_generated")
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} weeks"),
        TimeElapsedColumn(),
        console=plain_console(),
    )
    task = progress.add_task("generating", total=weeks)
    try:
        with progress:
            names = generate_weeks(
                source,
                target,
                weeks,
                seed,
                jobs or joblib.cpu_count(),
                lambda: Chronix2GridProcesses(progress.console.print),
                lambda done, _: progress.update(task, completed=done),
            )
    except (KeyboardInterrupt, StoppedError):
        typer.echo("\npowrl: stopped; the same command goes on with the next week.", err=True)
        raise
    typer.echo(f"{target}: {count(len(names), 'week')} of seed {seed}, among them {names[0]}")


@app.command("check")
def check(folder: Path = typer.Argument(help="The environment folder.")) -> None:
    """Name every file, row and unit that grid2op or powrl would stumble over."""
    from ..data.check import check_folder

    findings = 0
    for finding in check_folder(folder):
        findings += 1
        typer.echo(finding)
    if findings:
        raise PowrlError(f"{count(findings, 'finding')} in {folder}; mend what is listed.")
    typer.echo(f"{folder}: grid2op and powrl can play all of it.")
