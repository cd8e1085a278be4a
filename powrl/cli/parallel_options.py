"""Options that say where the work of a command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ..parallel.jobs import BackendName

Jobs = Annotated[int, typer.Option(min=1, help="Processes; they do not change the result.")]
Backend = Annotated[
    BackendName,
    typer.Option(help="Where the work runs: processes of this machine, or a Ray cluster."),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT|auto",
        help="Head node of the Ray cluster, all of whose CPUs work; by default this machine alone.",
        show_default=False,
    ),
]
