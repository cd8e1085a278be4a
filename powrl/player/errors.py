"""The one exception that powrl raises for what a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PowrlError(Exception):
    """A problem in what powrl was given; its text is one sentence that says what to do."""


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What is wrong with a key, which one may be meant, and all that there are."""
    names = list(known)
    close = difflib.get_close_matches(key, names, n=1)
    hint = f", did you mean {close[0]!r}?" if close else ";"
    return f"{key}: unknown key{hint} allowed are {', '.join(names)}"
