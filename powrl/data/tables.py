"""Tables of a scenario: read cell by cell, so that what is wrong is known with its place."""

from __future__ import annotations

import bz2
import gzip
import lzma
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import count

SUFFIXES: dict[str, Callable[..., Any]] = {
    ".csv": open,
    ".bz2": bz2.open,
    ".gz": gzip.open,
    ".xz": lzma.open,
}
MOST_PLACES = 3
"""Places of one kind of fault that are named; the others are counted."""


@dataclass
class Table:
    """A table of a scenario.

    Attributes
    ----------
    path:
        Its file.
    columns:
        Names in its header.
    values:
        Its numbers, shape ``(n_rows, n_columns)``; nan for what is empty or no number.
    faults:
        What is wrong with the file, a sentence each.
    """

    path: Path
    columns: list[str]
    values: np.ndarray
    faults: list[str] = field(default_factory=list)

    @property
    def n_rows(self) -> int:
        """Rows below the header."""
        return len(self.values)


def find_table(scenario: Path, name: str) -> tuple[Path | None, list[str]]:
    """The file of a table, or None, and what is wrong with the choice.

    Examples
    --------
    >>> find_table(Path("chronics/0000"), "load_p")  # doctest: +SKIP
    (PosixPath('chronics/0000/load_p.csv.bz2'), [])
    """
    paths = sorted(path for path in scenario.glob(f"{name}.csv*") if path.suffix in SUFFIXES)
    if len(paths) > 1:
        names = " and ".join(path.name for path in paths)
        return paths[0], [f"{scenario} has {names}; keep one of them."]
    return (paths[0] if paths else None), []


def read_table(path: Path) -> Table:
    """Read a table; what cannot be read is among its faults."""
    try:
        with SUFFIXES[path.suffix](path, "rt", encoding="utf-8-sig") as file:
            return _parsed(path, file)
    except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
        fault = f"{path} cannot be read ({error}); replace it."
        return Table(path, [], np.empty((0, 0)), [fault])


def _parsed(path: Path, file: IO[str]) -> Table:
    header = file.readline().strip()
    if ";" not in header and "," in header:
        fault = f"{path} has commas between its columns; put semicolons there, as grid2op reads."
        return Table(path, [], np.empty((0, 0)), [fault])
    columns, lines = header.split(";"), file.read().splitlines()
    values = _numbers_alone(lines, len(columns))
    places: dict[str, list[str]] = {"cells": [], "columns": []}
    if values is None:
        values = _cell_by_cell(lines, columns, places)
    table = Table(path, columns, values)
    table.faults += _faults(table, places)
    return table


def _numbers_alone(lines: list[str], n_columns: int) -> np.ndarray | None:
    """The values of a table without a fault, read at once; else None."""
    if not lines:
        return np.empty((0, n_columns))
    try:
        values = np.loadtxt(lines, delimiter=";", ndmin=2, comments=None)
    except ValueError:
        return None
    return (
        values if values.shape == (len(lines), n_columns) and not np.isinf(values).any() else None
    )


def _cell_by_cell(lines: list[str], columns: list[str], places: dict[str, list[str]]) -> np.ndarray:
    """The values of a table; what is wrong is noted in `places`."""
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=1):
        cells = line.split(";")
        if len(cells) != len(columns):
            places["columns"].append(f"row {number} has {len(cells)}")
            cells = (cells + [""] * len(columns))[: len(columns)]
        values = [_number(cell) for cell in cells]
        for column, cell, value in zip(columns, cells, values, strict=True):
            if cell and value is None:
                places["cells"].append(f"row {number}, column {column}: {cell[:40]!r}")
        rows.append([math.nan if value is None else value for value in values])
    return np.array(rows)


def _faults(table: Table, places: dict[str, list[str]]) -> Iterator[str]:
    path, columns = table.path, table.columns
    if places["columns"]:
        rows = in_short(places["columns"])
        yield f"{path} has {count(len(columns), 'column')}, but {rows}; complete them."
    if places["cells"]:
        yield f"{path} has values that are no numbers: {in_short(places['cells'])}; replace them."
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        yield f"{path} has columns of the same name: {in_short(twice)}; keep one of each."


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return None if math.isinf(value) else value


def in_short(places: list[str]) -> str:
    """The first places, and how many more there are.

    Examples
    --------
    >>> in_short(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = len(places) - MOST_PLACES
    return ", ".join(places[:MOST_PLACES]) + (f" and {more} more" if more > 0 else "")
