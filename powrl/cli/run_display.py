"""What runs over scenarios share in the terminal: their progress, and how they go on."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..errors import PowrlError


def scenario_progress(console: Console) -> Progress:
    """A bar of scenarios that are done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} scenarios"),
        TimeElapsedColumn(),
        console=console,
    )


def require_as_it_is(has_settings: bool) -> None:
    """Refuse settings for a run that goes on.

    Raises
    ------
    PowrlError
        There are some.
    """
    if has_settings:
        raise PowrlError(
            "--resume goes on with the run as it is: besides it only --jobs, --backend and "
            "--address can be given."
        )
