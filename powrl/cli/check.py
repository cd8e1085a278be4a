"""``powrl check``: whether a competition's server would play a submission."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from ..editions.editions import EditionName
from ..environments.opening import BUNDLED
from ..errors import PowrlError
from . import completion
from .console import plain_console

if TYPE_CHECKING:
    from ..submission.check import Report

_COLOURS = {"passed": "green", "warning": "yellow", "failed": "red", "not tried": "yellow"}


def command(
    submission: Path = typer.Argument(help="The zip."),
    *,
    environment: str = typer.Option(
        "",
        show_default=False,
        autocompletion=completion.environments,
        help="Name of the environment (default: the one that a powrl agent names).",
    ),
    edition: EditionName | None = typer.Option(
        None,
        help="The competition that it is for: its environment and its limit of time.",
        show_default=False,
    ),
    stack: bool = typer.Option(
        False,
        "--stack",
        help="Check with the package versions that the edition's server had, in a virtual "
        "environment that is built for it and kept.",
    ),
    data: str = typer.Option(
        BUNDLED, help="Scenarios to play: bundled (with grid2op), or an environment folder."
    ),
    steps: int = typer.Option(200, min=1, help="Steps of each scenario."),
    scenarios: int = typer.Option(2, min=1, help="How many scenarios."),
    timeout: float = typer.Option(
        600.0, min=1, max=86_400, help="Seconds until the check is given up."
    ),
    memory: float = typer.Option(16.0, min=1, max=1024, help="GB that it may ask for."),
) -> None:
    """Check a submission zip: unpack it safely, then play it as the server does.

    The submission's code is run, with your rights: check what you trust.
    """
    from ..submission.functions import check

    report = check(
        submission,
        environment=environment,
        edition=edition,
        stack=stack,
        data=data,
        steps=steps,
        scenarios=scenarios,
        timeout=timeout,
        memory=memory,
        on_progress=typer.echo,
    )
    _show(report, submission)


def _show(report: Report, submission: Path) -> None:
    """Print the verdicts, and raise the first failure.

    Raises
    ------
    PowrlError
        The submission fails.
    """
    console = plain_console()
    console.print(_table(report))
    failure = report.failure
    if failure is None:
        outcomes = {verdict.outcome for verdict in report.verdicts}
        passed = "passed, with warnings" if "warning" in outcomes else "passed"
        console.print(f"Verdict: {'not tried' if 'not tried' in outcomes else passed}")
        return
    for title, text in (("Traceback", report.traceback), ("Last output", report.output)):
        if text.strip():
            console.print(f"{title}:", style="bold")
            console.print(text.rstrip(), highlight=False, soft_wrap=True)
    console.print("Verdict: failed", style="red")
    raise PowrlError(f"{submission} fails the check that {failure.check}: {failure.finding}.")


def _table(report: Report) -> Table:
    table = Table()
    for column in ("check", "verdict", "finding"):
        table.add_column(column)
    for verdict in report.verdicts:
        outcome = Text(verdict.outcome, style=_COLOURS[verdict.outcome])
        table.add_row(verdict.check, outcome, verdict.finding)
    return table
