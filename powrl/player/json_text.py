"""JSON whose objects have each key once."""

from __future__ import annotations

import json
from typing import Any

from .errors import shown


def each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, for ``object_pairs_hook``; Python lets the last of two values win.

    Parameters
    ----------
    pairs:
        Its keys and values.

    Raises
    ------
    ValueError
        A key is given twice.

    Examples
    --------
    >>> each_key_once([("seed", 3)])
    {'seed': 3}
    """
    body = dict(pairs)
    if len(body) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise ValueError(f"the key {shown(twice)} is given twice")
    return body


def parse_text(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises
    ------
    ValueError
        It is no JSON, or a key is given twice.
    RecursionError
        It is nested too deeply.

    Examples
    --------
    >>> parse_text('{"seed": 3}')
    {'seed': 3}
    """
    return json.loads(text, object_pairs_hook=each_key_once)
