"""Running a benchmark as a command, with the errors of powrl told in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer
from joblib import cpu_count

from powrl.player.errors import PowrlError

JOBS: int = cpu_count()
"""Processes of a benchmark, where no number is given: one for each core."""


def run_command(main: Callable[..., Any], name: str) -> None:
    """Call `main` with the arguments of the command line; exit code 2 after a `PowrlError`."""
    try:
        typer.run(main)
    except PowrlError as error:
        typer.echo(f"{name}: {error}", err=True)
        sys.exit(2)
