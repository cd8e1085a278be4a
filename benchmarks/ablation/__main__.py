"""Measure what each rule, threshold and action set of the overload manager is worth.

    python -m benchmarks.ablation --data DIR --output FOLDER
    python -m benchmarks.ablation --report FOLDER --docs docs/lab

DIR holds the environment folders. The same command goes on with a run that was stopped.
"""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from benchmarks.command import run_command
from benchmarks.machine import describe_machine
from benchmarks.scored_run import play
from powrl.environments.opening import Scenarios, open_environment
from powrl.errors import PowrlError
from powrl.player.files import refusing_unwritable, write_text_whole
from powrl.player.grid.layout import GridLayout
from powrl.reduction.enumeration import unitary_topologies
from powrl.scoring.run_folder import RunFolder

from . import pages
from .summary import rows_of, terminal_table
from .variants import chosen, variants

TABLE_WIDTH = 140
"""Narrower terminals wrap the lines rather than hide figures."""

RUN, GREEDY_ACTIONS = "scoring", "greedy-actions.json"
"""In the output folder: the run of `powrl score`, and all actions, which the yardstick plays."""

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
    if list_:
        actions = Path(GREEDY_ACTIONS)
        for variant in chosen(variants(agent, actions_folder, actions, seconds), only):
            console.print(f"{variant.group}: {variant.name}")
        return
    if data is None or output is None:
        raise PowrlError("give --data and --output to play, --report to report, or --list.")
    actions = _write_actions(Scenarios(folder, data / folder, scenarios), output)
    console.print(describe_machine())
    play(
        {
            variant.name: variant.text
            for variant in chosen(variants(agent, actions_folder, actions, seconds), only)
        },
        output / RUN,
        jobs,
        data=str(data / folder),
        scenarios=scenarios,
        seeds=seeds,
        max_steps=max_steps,
    )
    _report(output, None)


def _write_actions(scenarios: Scenarios, output: Path) -> Path:
    """The action file of the yardstick, written where it does not exist yet."""
    path = output.resolve() / GREEDY_ACTIONS
    if not path.exists():
        environment = open_environment(scenarios)
        with refusing_unwritable(output):
            output.mkdir(parents=True, exist_ok=True)
        unitary_topologies(GridLayout.from_grid2op(environment)).save(path)
        environment.close()
    return path


def _report(folder: Path, docs: Path | None) -> None:
    files = RunFolder(folder / RUN)
    rows, document = rows_of(files.episodes()), files.document()
    console.print(pages.caption(document))
    Console(width=max(console.width, TABLE_WIDTH)).print(terminal_table(rows))
    if docs is not None:
        pages.write_docs(docs, document, rows)
    else:
        write_text_whole(folder / "summary.md", pages.markdown(document, rows))


if __name__ == "__main__":
    run_command(main, "ablation")
