"""Numbers as text, for messages."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> count(1, "seed"), count(5, "seed")
    ('1 seed', '5 seeds')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
