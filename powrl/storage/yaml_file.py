"""Reading a YAML file that a user wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import PowrlError


def read_mapping(path: str | Path, kind: str) -> dict[str, Any]:
    """The keys and values of a file.

    Raises
    ------
    PowrlError
        It cannot be read, is no YAML, or holds something else; `kind` it should be.
    """
    try:
        body = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise PowrlError(f"cannot read the {kind} {path} ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise PowrlError(f"the {kind} {path} {_verb(kind)} no YAML ({why}).") from error
    if not isinstance(body, dict):
        raise PowrlError(f"the {kind} {path} {_verb(kind)} empty or no mapping of keys to values.")
    return body


def _verb(kind: str) -> str:
    return "are" if kind.endswith("s") else "is"
