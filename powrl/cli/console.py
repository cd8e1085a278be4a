"""The console of all commands, which prints texts as they are."""

from __future__ import annotations

from rich.console import Console


def plain_console(soft_wrap: bool = False) -> Console:
    """A console to which brackets and colons, as of paths and names, are no markup and no emoji.

    Parameters
    ----------
    soft_wrap:
        Whether the terminal breaks long lines, so that a path can be copied whole.
    """
    return Console(markup=False, emoji=False, soft_wrap=soft_wrap)
