"""Score every agent of a track on the same episodes, and write its table.

    python -m benchmarks.results --data DIR --output FOLDER
    python -m benchmarks.results --report FOLDER --docs docs

DIR holds the environment folders. The same command goes on with a run that was stopped.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer
from rich.console import Console

from benchmarks.command import run_command
from powrl.cli.score import SCORES_FILE
from powrl.player.errors import PowrlError

from .pages import write_docs
from .tracks import TRACKS

console = Console(soft_wrap=True)


def main(
    data: Path | None = typer.Option(None, help="The folder that holds the environment folders."),
    output: Path | None = typer.Option(None, help="Where the runs of powrl score are kept."),
    only: list[str] = typer.Option([], help="Play this track alone; can be repeated."),
    seeds: int = typer.Option(10, min=1, help="Episodes of each scenario."),
    jobs: int = typer.Option(2, min=1, help="Processes."),
    report: Path | None = typer.Option(None, help="Play nothing: report what this folder holds."),
    docs: Path = typer.Option(Path("docs"), help="With --report: rewrite the page of this folder."),
) -> None:
    """Play the tracks, or write the page of what was played."""
    unknown = set(only) - set(TRACKS)
    if unknown:
        raise PowrlError(f"there is no track {min(unknown)}; there are {', '.join(TRACKS)}.")
    if report is not None:
        write_docs(report, docs)
        return
    if data is None or output is None:
        raise PowrlError("give --data and --output to play, or --report FOLDER.")
    for name in only or TRACKS:
        _score(name, data, output, seeds, jobs)


def _score(name: str, data: Path, output: Path, seeds: int, jobs: int) -> None:
    """One run of `powrl score`, begun or gone on with."""
    run = output / name
    if (run / SCORES_FILE).exists():
        console.print(f"{run} is finished")
        return
    agents = output / f"{name}-agents"
    agents.mkdir(parents=True, exist_ok=True)
    given = ["--resume", str(run)]
    if not run.exists():
        given = [*TRACKS[name].arguments(data, agents, seeds), "--output", str(run)]
    command = [sys.executable, "-m", "powrl", "score", *given, "--jobs", str(jobs)]
    if subprocess.run(command, check=False).returncode:
        raise PowrlError(f"powrl score of the track {name} failed; its message is above.")


if __name__ == "__main__":
    run_command(main, "results")
