"""Reading a JSON file, whose errors are one sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import PowrlError
from ..player.files import read_text
from ..player.json_text import each_key_once, parse_text
from .digest import digest_of_json

_SEAL = "seal"


def parse_json(text: str | bytes, finite: bool = False) -> Any:
    """The value of a JSON text.

    Parameters
    ----------
    finite:
        Whether to refuse numbers that are not finite, or too large.

    Raises
    ------
    ValueError
        It is no JSON, a key is given twice, or it is nested too deeply.

    Examples
    --------
    >>> parse_json('{"seed": 3}')
    {'seed': 3}
    """
    try:
        if finite:
            return json.loads(
                text, parse_constant=_finite, parse_float=_finite, object_pairs_hook=each_key_once
            )
        return parse_text(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:20]} is not finite")
    return number


def read_json(path: Path, advice: str) -> Any:
    """The content of a file.

    Parameters
    ----------
    advice:
        The end of an error's sentence: what to do about a file that cannot be read.

    Raises
    ------
    PowrlError
        The file cannot be read, or is no JSON.
    """
    try:
        return parse_json(read_text(path))
    except OSError as error:
        raise PowrlError(f"{path} cannot be read ({error.strerror}); {advice}.") from error
    except ValueError as error:
        raise PowrlError(f"{path} cannot be read (no JSON: {error}); {advice}.") from error


def read_json_object(path: Path, advice: str) -> dict[str, Any]:
    """The keys and values of a file.

    Raises
    ------
    PowrlError
        As `read_json`, or the file holds something else.
    """
    body = read_json(path, advice)
    if not isinstance(body, dict):
        raise PowrlError(f"{path} cannot be read (no mapping of keys to values); {advice}.")
    return body


def sealed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a file, with a digest by which an edited file is known.

    Examples
    --------
    >>> body = sealed({"seed": 3})
    >>> break_seal(body), body
    (True, {'seed': 3})
    """
    return {**body, _SEAL: digest_of_json(body)}


def break_seal(body: dict[str, Any]) -> bool | None:
    """Take out what `sealed` put in; whether the rest is as it was, None where there is no seal."""
    seal = body.pop(_SEAL, None)
    return None if seal is None else bool(seal == digest_of_json(body))
