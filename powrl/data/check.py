"""Every file, row and unit of an environment folder that grid2op or powrl would stumble over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..environments.folder_files import CHRONICS, explain_grid, explain_times, require_regular_files
from ..environments.oddities import unlimited_lines
from ..environments.opening import (
    Scenarios,
    open_environment,
    open_template,
    require_place,
    require_readable,
)
from ..errors import PowrlError, count
from ..player.grid.grid2op_objects import Environment
from ..player.grid2op_internals import names_in_chronics
from .folders import scenario_names
from .tables import Table, find_table, in_short, read_table

SERIES = {"load_p": "loads", "load_q": "loads", "prod_p": "prods", "prod_v": "prods"}
"""Time series -> what their columns are named after, as grid2op calls it."""
EVENTS = ("maintenance", "hazards")
NEEDED = ("load_p", "prod_p")

LEAST_ROWS = 2
LEAST_KILOVOLTS = 2.0
"""Voltages below it are in per unit."""
MOST_OF_CAPACITY = 2.0
"""Times the largest power of its generator that a production may reach; above, the unit differs."""
BALANCE = (0.75, 1.33)
"""Production as a multiple of the loads, over a whole scenario."""


@dataclass(frozen=True)
class GridNames:
    """What the tables of a grid's scenarios have to fit.

    Attributes
    ----------
    columns:
        ``"loads"``, ``"prods"`` and ``"lines"`` -> the names that tables give them.
    largest:
        Generator's name in tables -> its largest power (MW).
    horizons:
        Rows of forecasts for each step.
    """

    columns: dict[str, list[str]]
    largest: dict[str, float]
    horizons: int

    @staticmethod
    def from_environment(environment: Environment) -> GridNames:
        """Those of a grid2op environment."""
        names = {
            "loads": environment.name_load,
            "prods": environment.name_gen,
            "lines": environment.name_line,
        }
        renamed = names_in_chronics(environment)
        columns = {}
        for kind, own in names.items():
            original = {grid: table for table, grid in renamed.get(kind, {}).items()}
            columns[kind] = [original.get(str(name), str(name)) for name in own]
        largest = dict(zip(columns["prods"], environment.gen_pmax.tolist(), strict=True))
        horizons = environment.chronics_handler.kwargs.get("h_forecast", (5,))
        return GridNames(columns, largest, len(horizons))


def check_folder(folder: Path) -> Iterator[str]:
    """What is wrong with an environment folder, a sentence each.

    When its files are all right, grid2op opens each scenario, and has the last word.
    """
    try:
        require_place(Scenarios("", folder))
        require_regular_files(folder)
    except PowrlError as error:
        yield str(error)
        return
    findings = 0
    for finding in _of_files(folder):
        findings += 1
        yield finding
    if not findings:
        yield from _of_grid2op(folder)


def _of_files(folder: Path) -> Iterator[str]:
    if reason := explain_grid(folder):
        yield f"{reason}; replace it."
        return
    names: GridNames | None = None
    try:
        with open_template(Scenarios("", folder)) as environment:
            names = GridNames.from_environment(environment)
            if text := unlimited_lines(environment):
                yield text
    except PowrlError as error:
        yield str(error)
    for scenario in scenario_names(folder):
        yield from check_scenario(folder / CHRONICS / scenario, names)


def _of_grid2op(folder: Path) -> Iterator[str]:
    try:
        with closing(open_environment(Scenarios("", folder))) as environment:
            require_readable(environment)
    except PowrlError as error:
        yield str(error)


def check_scenario(scenario: Path, names: GridNames | None) -> Iterator[str]:
    """What is wrong with the files of a scenario, a sentence each.

    Parameters
    ----------
    names:
        What tables have to fit; None: not known.
    """
    yield from (f"{reason}." for reason in explain_times(scenario))
    tables: dict[str, Table] = {}
    forecasts = [f"{name}_forecasted" for name in SERIES]
    for name in (*SERIES, *forecasts, *EVENTS):
        path, faults = find_table(scenario, name)
        yield from faults
        if path is not None:
            tables[name] = read_table(path)
            yield from tables[name].faults
        elif name in NEEDED:
            yield f"{scenario} has no {name}.csv, for which grid2op plays constant values; add it."
    tables = {name: table for name, table in tables.items() if table.columns}
    yield from _of_rows(tables, names)
    if names is not None:
        for name, table in tables.items():
            kind = SERIES.get(name.removesuffix("_forecasted"), "lines")
            yield from _of_columns(table, names.columns[kind])
    yield from _of_values(tables, names)


def _of_rows(tables: dict[str, Table], names: GridNames | None) -> Iterator[str]:
    """Rows that are too few, or differ between tables."""
    base = tables.get("load_p")
    for name, table in tables.items():
        rows = count(table.n_rows, "row")
        if table.n_rows < LEAST_ROWS:
            yield f"{table.path} has {rows}, and {LEAST_ROWS} are needed at least."
        elif base is not None and name.endswith("_forecasted"):
            needed = base.n_rows * (names.horizons if names else 1)
            if table.n_rows < needed:
                yield f"{table.path} has {rows}, and forecasts of {base.path} need {needed}."
        elif base is not None and table.n_rows != base.n_rows:
            yield f"{table.path} has {rows}, but {base.path} has {base.n_rows}."


def _of_columns(table: Table, expected: list[str]) -> Iterator[str]:
    """Columns that the grid has no element for, and elements without a column."""
    missing = [name for name in expected if name not in table.columns]
    unknown = [name for name in table.columns if name not in expected]
    if missing:
        yield f"{table.path} lacks the columns {in_short(missing)} of the grid; add them."
    if unknown:
        yield f"{table.path} has columns that the grid lacks: {in_short(unknown)}; rename them."


def _of_values(tables: dict[str, Table], names: GridNames | None) -> Iterator[str]:
    """Gaps, and values whose unit cannot be that of grid2op."""
    for name, table in tables.items():
        yield from _gaps(table)
        if name in EVENTS and not np.isin(table.values[np.isfinite(table.values)], (0, 1)).all():
            yield f"{table.path} has other values than 0 and 1, which say whether a line is out."
    voltages = tables.get("prod_v")
    if voltages is not None and np.nanmax(voltages.values, initial=0) < LEAST_KILOVOLTS:
        yield f"{voltages.path} is in per unit; grid2op reads kV."
    production = tables.get("prod_p")
    if production is not None and names is not None:
        yield from _above_capacity(production, names.largest)
    if production is not None and "load_p" in tables:
        yield from _imbalance(production, tables["load_p"])


def _gaps(table: Table) -> Iterator[str]:
    rows, columns = np.nonzero(~np.isfinite(table.values))
    if len(rows):
        places = [
            f"row {row + 1}, column {table.columns[column]}"
            for row, column in zip(rows, columns, strict=True)
        ]
        yield f"{table.path} has gaps, which grid2op plays on without a word: {in_short(places)}."


def _above_capacity(production: Table, largest: dict[str, float]) -> Iterator[str]:
    places = []
    for name, values in zip(production.columns, production.values.T, strict=True):
        power, highest = largest.get(name), float(np.nanmax(values, initial=0))
        if power and highest > MOST_OF_CAPACITY * power:
            places.append(f"{name} reaches {highest:g} of {power:g}")
    if places:
        yield (
            f"{production.path} is not in MW, or for other generators: {in_short(places)} MW; "
            "convert it."
        )


def _imbalance(production: Table, loads: Table) -> Iterator[str]:
    produced, consumed = np.nansum(production.values), np.nansum(loads.values)
    lowest, highest = BALANCE
    rows = production.n_rows == loads.n_rows > 0
    if rows and not lowest * consumed <= produced <= highest * consumed:
        yield (
            f"{production.path} sums up to {produced / consumed if consumed else np.inf:.3g} times "
            f"the loads of {loads.path.name}; give both in MW."
        )
