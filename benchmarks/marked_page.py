"""Pages of the documentation, a part of which is made from measurements."""

from __future__ import annotations

from pathlib import Path

from powrl.errors import PowrlError


def read_around(page: Path, start: str, end: str) -> tuple[str, str]:
    """The text before the line `start` and after the line `end`, which mark what is made anew.

    Raises
    ------
    PowrlError
        The page is missing or lacks its markers.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise PowrlError(f"cannot read {page} ({error.strerror}); give the folder docs.") from error
    before, found_start, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not found_start or not found_end:
        raise PowrlError(f"{page} needs the lines {start} and {end}, the tables go between them.")
    return before, after
