"""Score every agent of a track on the same episodes, and write its table.

    python -m benchmarks.results --data DIR --output FOLDER
    python -m benchmarks.results --report FOLDER --docs docs/lab

DIR holds the environment folders. The same command goes on with a run that was stopped.
"""

from __future__ import annotations

from pathlib import Path

import typer

from benchmarks.command import run_command
from benchmarks.scored_run import play
from powrl.errors import PowrlError

from .pages import write_docs
from .tracks import TRACKS


def main(
    data: Path | None = typer.Option(None, help="The folder that holds the environment folders."),
    output: Path | None = typer.Option(None, help="Where the runs of powrl score are kept."),
    only: list[str] = typer.Option([], help="Play this track alone; can be repeated."),
    seeds: int = typer.Option(10, min=1, help="Episodes of each scenario."),
    jobs: int = typer.Option(2, min=1, help="Processes."),
    report: Path | None = typer.Option(None, help="Play nothing: report what this folder holds."),
    docs: Path = typer.Option(Path("docs/lab"), help="With --report: rewrite its page."),
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
        track = TRACKS[name]
        play(
            track.agents,
            output / name,
            jobs,
            data=track.data_of(data),
            scenarios=track.scenarios,
            seeds=seeds if track.has_opponent else 1,
        )


if __name__ == "__main__":
    run_command(main, "results")
