"""``powrl kpis``: indicators of AI4REALNET's validation hub, from a finished run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import count
from ..parallel.jobs import MOST_PROCESSES
from .console import plain_console

if TYPE_CHECKING:
    from rich.table import Table

    from ..scoring.kpis.summary import AgentIndicators


def command(
    run: Path = typer.Argument(metavar="RUN", help="Run folder of powrl score."),
    *,
    outages: bool = typer.Option(
        True,
        help="Whether to compute the use of lines with each line out, a power flow for each line "
        "and step.",
    ),
    jobs: int | None = typer.Option(
        None,
        min=1,
        max=MOST_PROCESSES,
        help="Processes; by default one for each core.",
        show_default=False,
    ),
) -> None:
    """Compute AI4REALNET's indicators from the recordings of a run; nothing is played."""
    from joblib import cpu_count
    from rich.progress import Progress

    from ..scoring.kpis.functions import FILE, kpis

    console = plain_console()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("episodes", total=None)
        agents = kpis(
            run,
            outages=outages,
            jobs=jobs or cpu_count(),
            on_episode=lambda done, of_all: progress.update(task, completed=done, total=of_all),
        )
    for table in _tables(agents):
        console.print(table)
    unsolved = sum(agent.outages.unsolved for agent in agents if agent.outages)
    if unsolved:
        console.print(
            f"{count(unsolved, 'power flow')} with a line out had no solution or split the grid; "
            "the loads there count as 0."
        )
    console.print(f"All indicators: {run / FILE}", soft_wrap=True)


def _tables(agents: Sequence[AgentIndicators]) -> list[Table]:
    """What agents do and how the lines are used, as narrow terminals hold it."""
    from rich.table import Table

    tables = []
    for title, columns in (_operation(agents), _lines(agents), _assistance(agents)):
        table = Table(title=title)
        table.add_column("agent", overflow="fold")
        for heading in columns:
            table.add_column(heading, justify="right", overflow="fold")
        for agent, *cells in zip(agents, *columns.values(), strict=True):
            table.add_row(agent.agent, *cells)
        tables.append(table)
    return tables


def _operation(agents: Sequence[AgentIndicators]) -> tuple[str, dict[str, list[str]]]:
    headings = {
        "topology": "topology_actions",
        "redispatch": "redispatch_actions",
        "curtail": "curtailment_actions",
        "redispatched": "redispatched",
        "balanced": "balanced",
        "curtailed": "curtailed",
        "lost": "lost",
        "blackout": "blackout",
    }
    columns = {
        heading: [_number(agent.operation[name], 1) for agent in agents]
        for heading, name in headings.items()
    }
    score = {"score": [_number(agent.operation_score, 1) for agent in agents]}
    return "Operation, per episode: actions, energies (MWh), and both together", columns | score


def _lines(agents: Sequence[AgentIndicators]) -> tuple[str, dict[str, list[str]]]:
    columns = {}
    for label, uses in (
        ("N", [agent.use for agent in agents]),
        ("N-1", [agent.outages for agent in agents]),
    ):
        for part, digits in (("highest", 2), ("mean", 3), ("overloaded", 2)):
            unit = " (%)" if part == "overloaded" else ""
            columns[f"{label} {part}{unit}"] = [
                _number(None if use is None else getattr(use, part), digits) for use in uses
            ]
    return "Use of lines: load divided by its limit", columns


def _assistance(agents: Sequence[AgentIndicators]) -> tuple[str, dict[str, list[str]]]:
    names = {
        "topology changes per step": ("topology_per_step", 3),
        "carbon intensity (g/kWh)": ("carbon_intensity", 1),
        "alert accuracy": ("alert_accuracy", 1),
        "ms per decision": ("decision_ms", 1),
        "robustness (%)": ("robustness", 1),
    }
    return "Other indicators", {
        heading: [_number(getattr(agent, name), digits) for agent in agents]
        for heading, (name, digits) in names.items()
    }


def _number(value: float | None, digits: int) -> str:
    """A number as text; a dash where there is none."""
    return "\u2013" if value is None else f"{value:,.{digits}f}"
