"""Tables in Markdown, line by line."""

from __future__ import annotations


def head(*cells: str) -> str:
    """The two lines before the rows of a table."""
    return f"{row(*cells)}\n|{'---|' * len(cells)}"


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"
