"""Reading a JSON file, whose errors are one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import PowrlError
from ..player.files import read_text


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
        return json.loads(read_text(path))
    except OSError as error:
        raise PowrlError(f"{path} cannot be read ({error.strerror}); {advice}.") from error
    except (ValueError, RecursionError) as error:
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
