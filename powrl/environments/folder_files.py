"""The files of an environment folder: which of them grid2op cannot read, and why, in a sentence."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import IO

from ..errors import PowrlError, count
from ..player.files import LARGE_FILE, SMALL_FILE, read_text
from .packed_files import MOST_UNPACKED, OPENERS, unpacks_to_too_much

CHRONICS = "chronics"
"""Folder of the scenarios in an environment folder."""

_TIMES = {
    "start_datetime.info": (("%Y-%m-%d %H:%M", "%Y-%m-%d"), "a date as 2019-01-06 00:00"),
    "time_interval.info": (("%H:%M",), "hours and minutes as 00:05"),
}
_SERIES = ("load_p", "load_q", "prod_p", "prod_v")
_FORECAST = "_forecasted"
_LEAST_ROWS = 2


def require_regular_files(folder: Path) -> None:
    """Refuse an environment folder with files that grid2op would wait for or could not hold.

    Raises
    ------
    PowrlError
        The first pipe, device, link that leads nowhere, or file that is too large, as it lies
        there or unpacked.
    """
    for entry in _entries(folder):
        if reason := _irregular(entry):
            raise PowrlError(f"{entry.path} {reason}; replace or remove it.")


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """All that a folder holds, a folder before what it holds itself."""
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir():
                yield from _entries(Path(entry.path))


def explain_failure(folder: Path) -> str | None:
    """Why grid2op cannot read an environment folder, where a file of a scenario tells."""
    return explain_grid(folder) or next(
        filter(None, map(explain_scenario, _scenarios(folder))), None
    )


def explain_grid(folder: Path) -> str | None:
    """Why the grid of an environment folder cannot be read, if its file tells."""
    grid = folder / "grid.json"
    try:
        body = json.loads(read_text(grid, LARGE_FILE))
    except (OSError, ValueError, RecursionError) as error:
        return f"{grid} is no JSON ({error})"
    if not isinstance(body, dict) or "_object" not in body:
        return f"{grid} is no grid that pandapower has written"
    return None


def explain_scenario(scenario: Path) -> str | None:
    """Why grid2op cannot read the folder of a scenario, if its files tell."""
    try:
        return next(_faults(scenario), None)
    except (OSError, EOFError, ValueError) as error:
        return f"a file of {scenario} cannot be read ({error})"


def explain_times(scenario: Path) -> Iterator[str]:
    """What is wrong with the files on the time of a scenario."""
    for name, (formats, example) in _TIMES.items():
        path = scenario / name
        try:
            text = read_text(path).strip() if path.exists() else None
        except (OSError, ValueError) as error:
            yield f"{path} cannot be read ({error})"
            continue
        if text is not None and not any(_is_time(text, form) for form in formats):
            yield f"{path} needs {example}"


def _scenarios(folder: Path) -> list[Path]:
    chronics = folder / CHRONICS
    return sorted(path for path in chronics.iterdir() if path.is_dir()) if chronics.is_dir() else []


def _irregular(entry: os.DirEntry[str]) -> str | None:
    try:
        status = entry.stat()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if stat.S_ISDIR(status.st_mode):
        if entry.is_symlink() and Path(entry.path).resolve() in Path(entry.path).parents:
            return "is a link to a folder that holds it"
        return None
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file"
    return _too_large(Path(entry.path), status.st_size)


def _too_large(path: Path, size: int) -> str | None:
    if size > LARGE_FILE:
        return f"is larger than {LARGE_FILE / 1e9:.0f} GB"
    try:
        too_large = unpacks_to_too_much(path, size)
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return f"unpacks to more than {MOST_UNPACKED / 1e9:.0f} GB" if too_large else None


def _faults(scenario: Path) -> Iterator[str]:
    """What is wrong with the files of a scenario."""
    yield from explain_times(scenario)
    tables = _tables(scenario, "")
    yield from _lacking_columns(tables, _tables(scenario, _FORECAST))
    rows = {}
    for path in tables.values():
        if path.suffix not in (".csv", *OPENERS):
            continue
        fault, rows[path] = _read_table(path)
        if fault:
            yield fault
    for first, other in pairwise(rows):
        if rows[first] != rows[other]:
            yield f"{first} has {count(rows[first], 'row')} and {other} has {rows[other]}"


def _tables(scenario: Path, ending: str) -> dict[str, Path]:
    """The tables of a scenario by their names without an ending."""
    paths = {name: sorted(scenario.glob(f"{name}{ending}.csv*")) for name in _SERIES}
    return {name: matches[0] for name, matches in paths.items() if matches}


def _lacking_columns(tables: dict[str, Path], forecasts: dict[str, Path]) -> Iterator[str]:
    """Forecasts without some of the columns that are played."""
    for name, path in forecasts.items():
        if name in tables and {path.suffix, tables[name].suffix} <= {".csv", *OPENERS}:
            lacking = sorted(set(_columns(tables[name])) - set(_columns(path)))
            if lacking:
                more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
                yield f"{path} has no column {lacking[0]}{more}, which {tables[name].name} has"


def _columns(path: Path) -> list[str]:
    with _opened(path) as file:
        return file.readline(SMALL_FILE).strip().split(";")


def _read_table(path: Path) -> tuple[str | None, int]:
    """What is wrong with a table, and the number of its rows until then."""
    with _opened(path) as file:
        header = file.readline(SMALL_FILE).strip()
        if ";" not in header and "," in header:
            return f"{path} has commas between its columns, where grid2op reads semicolons", 0
        columns, rows = header.split(";"), 0
        for line in file:
            rows += 1
            cells = line.rstrip("\n").split(";")
            if len(cells) != len(columns):
                counts = f"{count(len(cells), 'column')}, its header {len(columns)}"
                return f"{path}, row {rows}: it has {counts}", rows
            for column, cell in zip(columns, cells, strict=True):
                if cell and not _is_number(cell):
                    return f"{path}, row {rows}, column {column}: {cell[:40]!r} is no number", rows
    if rows < _LEAST_ROWS:
        return f"{path} has {count(rows, 'row')}, and {_LEAST_ROWS} are needed at least", rows
    return None, rows


def _opened(path: Path) -> IO[str]:
    opener = OPENERS.get(path.suffix, open)
    table: IO[str] = opener(path, "rt", encoding="utf-8-sig")
    return table


def _is_time(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        return not math.isinf(float(text))
    except ValueError:
        return False
