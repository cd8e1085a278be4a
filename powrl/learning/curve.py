"""The curve of a training: a file with a line of JSON for each rollout, epoch and validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import PowrlError, count
from ..player.files import read_text
from ..storage.json_file import parse_json

CURVE_FILE = "curve.jsonl"


def read_curve(folder: Path, least: int = 0) -> list[dict[str, Any]]:
    """The rows of the curve of a run folder; none where there is no file yet.

    Parameters
    ----------
    least:
        Number of rows that the file has at least, where there is one.

    Raises
    ------
    PowrlError
        The file is damaged, or lacks rows.
    """
    path = folder / CURVE_FILE
    try:
        rows = [parse_json(line) for line in read_text(path).splitlines()] if path.exists() else []
        if not all(isinstance(row, dict) and "timesteps" in row for row in rows):
            raise ValueError("a line is not of a curve")
        if path.exists() and len(rows) < least:
            raise ValueError(f"it has {count(len(rows), 'row')} in place of {least}")
    except (OSError, ValueError) as error:
        raise PowrlError(
            f"{path} is damaged ({error}); restore it, or remove it, which loses its rows."
        ) from error
    return rows
