"""Measure what each rule, threshold and action set of the overload manager is worth.

    python -m benchmarks.ablation --data DIR --output FOLDER
    python -m benchmarks.ablation --report FOLDER --docs docs

DIR holds the environment folders. The same command goes on with a run that was stopped.
"""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from benchmarks.command import run_command
from benchmarks.machine import describe_machine
from powrl.environments.opening import Scenarios
from powrl.player.errors import PowrlError
from powrl.player.files import refusing_unwritable, write_text_whole
from powrl.storage.record_file import mend_records
from powrl.workspace.runs import versions

from . import pages
from .episodes import FILE, append, read
from .play import Task, left_to_play, plan_tasks, play
from .summary import summarize, terminal_table
from .variants import Variant, chosen, variants

TABLE_WIDTH = 140
"""Narrower terminals wrap the lines rather than hide figures."""

console = Console(soft_wrap=True)


def main(
    data: Path | None = typer.Option(None, help="The folder that holds the environment folders."),
    folder: str = typer.Option("l2rpn_neurips_2020_track1_val", help="The one that is played."),
    scenarios: str = typer.Option(".*", help="Regular expression for names of scenarios."),
    seeds: int = typer.Option(3, min=1, help="Episodes of each scenario."),
    max_steps: int | None = typer.Option(None, min=1, help="Longest episode; else all steps."),
    output: Path | None = typer.Option(None, help="Where the episodes are kept."),
    agent: Path | None = typer.Option(None, help="Folder of the full agent, without a policy."),
    actions_folder: Path | None = typer.Option(None, help="Action sets to try, of powrl reduce."),
    seconds: float | None = typer.Option(
        None, min=0.001, help="Time of a decision, for all variants alike; else as it is set."
    ),
    only: list[str] = typer.Option([], help="Play this variant alone; can be repeated."),
    list_: bool = typer.Option(False, "--list", help="Tell the variants."),
    jobs: int = typer.Option(2, min=1, help="Processes."),
    report: Path | None = typer.Option(None, help="Play nothing: report what this folder holds."),
    docs: Path | None = typer.Option(None, help="With --report: rewrite this folder's page."),
) -> None:
    """Play agents without a policy on grid2op, each changed in one setting; or report them."""
    if docs is not None and report is None:
        raise PowrlError("--docs goes with --report FOLDER.")
    if report is not None:
        _report(report, docs)
        return
    known = chosen(variants(agent, actions_folder, seconds), only)
    if list_:
        for variant in known:
            console.print(f"{variant.group}: {variant.name}")
        return
    if data is None or output is None:
        raise PowrlError("give --data and --output to play, --report to report, or --list.")
    source = Scenarios(folder, data / folder, scenarios)
    _play(known, source, seeds, max_steps, output, jobs)
    _report(output, None)


def _play(
    known: list[Variant],
    source: Scenarios,
    seeds: int,
    max_steps: int | None,
    output: Path,
    jobs: int,
) -> None:
    found = versions()
    tasks = plan_tasks(known, source, seeds, max_steps, found.get("git", found["powrl"]))
    left = left_to_play(tasks, read(output))
    with refusing_unwritable(output):
        output.mkdir(parents=True, exist_ok=True)
    mend_records(output / FILE)
    console.print(describe_machine())
    console.print(f"{len(known)} variants, {len(left)} of {len(tasks)} episodes left to play")
    _play_all(left, len(tasks), output, jobs)


def _play_all(left: list[Task], total: int, output: Path, jobs: int) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("played", total=total, completed=total - len(left))
        for episode in play(left, jobs):
            append(output, episode)
            progress.advance(bar)


def _report(folder: Path, docs: Path | None) -> None:
    episodes = read(folder)
    if not episodes:
        raise PowrlError(f"{folder} has no {FILE} with an episode; play some.")
    rows = summarize(episodes)
    console.print(pages.caption(episodes))
    Console(width=max(console.width, TABLE_WIDTH)).print(terminal_table(rows))
    if docs is not None:
        pages.write_docs(docs, episodes, rows)
    else:
        write_text_whole(folder / "summary.md", pages.markdown(episodes, rows))


if __name__ == "__main__":
    run_command(main, "ablation")
