"""Power flows of many topologies at once: lightsim2grid's ``ScenarioSweepCPP``."""

from __future__ import annotations

import numpy as np

from .grid_model import GridModel, Injections
from .islands import Islands
from .row_sweep import DOUBTFUL, FEASIBLE, INFEASIBLE, UNKNOWN, RowSweeps

FEWEST_ROWS, MOST_ROWS = 16, 40
"""Rows of a sweep: those of one substation, or of several that have few.

A sweep is solved on the union of the buses of its rows: fewer substations are faster per row.
"""

ROWS_ONE_BY_ONE = 2
"""Up to so many rows a sweep costs more than it saves."""


class SweepSolver:
    """Solves the power flows of many topologies, with grid2op's verdict on each.

    A topology is feasible where `GridModel.solve` finds a solution, as grid2op's ``simulate`` does.
    Few rows need such a power flow of their own:

    1. A row with a disconnected load or generator is infeasible without a power flow.
    2. Sweeps of up to `MOST_ROWS` rows solve the others, as changes of one base topology. Rows that
       diverge are infeasible. A sweep has no answer to rows with an island or with a moved slack
       generator, nor to any row where its base has no solution or where lightsim2grid refuses it.
    3. A search over the lines finds the rows with an island; an island without balance is
       infeasible. Further sweeps solve the rest, with one of their rows as the base. A sweep
       without any answer is halved.
    4. `GridModel.solve` decides what is left: two rows or fewer, islands in balance, and rows that
       converge later than grid2op allows.

    Parameters
    ----------
    grid:
        The grid to work on: its injections and topology change.
    """

    def __init__(self, grid: GridModel) -> None:
        self._grid, positions = grid, grid.positions
        self._sweeps = RowSweeps(grid)
        self._islands = Islands(grid)
        self._slack = positions.generator[grid.is_slack]
        self._always_fed = np.concatenate((positions.load, positions.generator))

    def solve(
        self, injections: Injections, base: np.ndarray, topologies: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Currents of each topology, and whether its power flow is feasible.

        Parameters
        ----------
        injections:
            What generators and loads do in all of them.
        base:
            A topology that the others differ little from, shape ``(dim_topo,)``.
        topologies:
            Shape ``(n, dim_topo)``, int32.

        Returns
        -------
        currents, feasible:
            In A at the origin of each line, shape ``(n, n_line)``, float32, and 0 where the power
            flow is infeasible; shape ``(n,)``, bool.
        """
        currents = np.zeros((len(topologies), self._grid.positions.n_line), dtype=np.float32)
        verdicts = np.where(self._all_fed(topologies, injections), UNKNOWN, INFEASIBLE)
        if len(topologies) > ROWS_ONE_BY_ONE:
            self._sweep(injections, base, topologies, currents, verdicts)
        rows = np.flatnonzero((verdicts == UNKNOWN) | (verdicts == DOUBTFUL))
        if len(rows):
            self._grid.set_injections(injections)
        for row in rows:
            self._grid.set_topology(topologies[row])
            self._grid.set_storage_power(injections.storage_p)
            verdicts[row] = FEASIBLE if self._grid.solve() else INFEASIBLE
            if verdicts[row] == FEASIBLE:
                currents[row] = self._grid.currents()
        return currents, verdicts == FEASIBLE

    def _sweep(
        self,
        injections: Injections,
        base: np.ndarray,
        topologies: np.ndarray,
        currents: np.ndarray,
        verdicts: np.ndarray,
    ) -> None:
        """Fill in currents and verdicts of the rows that sweeps, or their islands, decide on."""
        # few bytes take little time to compare and to hash
        base, topologies = base.astype(np.int8), topologies.astype(np.int8)
        # a sweep leaves storage units as they are in its base
        used = self._grid.positions.storage if injections.storage_p.any() else self._slack[:0]
        keeps_storage = ((topologies[:, used] > 0) == (base[used] > 0)).all(axis=1)
        verdicts[(verdicts == UNKNOWN) & ~keeps_storage] = DOUBTFUL
        keeps_slack = (topologies[:, self._slack] == base[self._slack]).all(axis=1)
        rows = np.flatnonzero((verdicts == UNKNOWN) & keeps_slack)
        if len(rows) > ROWS_ONE_BY_ONE:
            for chunk in self._chunks(base, topologies, rows):
                currents[chunk], verdicts[chunk] = self._sweeps.solve(
                    injections, base, topologies[chunk]
                )
                if (verdicts[chunk] == UNKNOWN).all():
                    break
        rows = np.flatnonzero(verdicts == UNKNOWN)
        if len(rows) > ROWS_ONE_BY_ONE:
            verdicts[rows] = self._islands.verdicts(injections, topologies[rows])
            rows = rows[verdicts[rows] == UNKNOWN]
            for group in _groups(topologies[rows][:, self._slack]):
                for chunk in self._chunks(topologies[rows[group[0]]], topologies, rows[group]):
                    currents[chunk], verdicts[chunk] = self._halving(injections, topologies[chunk])

    def _chunks(
        self, base: np.ndarray, topologies: np.ndarray, rows: np.ndarray
    ) -> list[np.ndarray]:
        """The rows of each sweep; those that change the same substation stay together."""
        first_change = (topologies[rows] != base).argmax(axis=1)
        order = np.argsort(first_change, kind="stable")
        rows, substations = rows[order], self._grid.positions.substation[first_change[order]]
        are_few = np.bincount(substations)[substations] < FEWEST_ROWS
        chunks = _slices(rows[are_few], FEWEST_ROWS)
        rows, substations = rows[~are_few], substations[~are_few]
        for same in np.split(rows, np.flatnonzero(np.diff(substations)) + 1):
            chunks += _slices(same, MOST_ROWS)
        return chunks

    def _halving(
        self, injections: Injections, topologies: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """A sweep with the first row as the base, or two of half its size if that has no answer."""
        if len(topologies) <= ROWS_ONE_BY_ONE:
            return self._sweeps.without_answer(len(topologies))
        currents, verdicts = self._sweeps.solve(injections, topologies[0], topologies)
        if (verdicts != UNKNOWN).any():
            return currents, verdicts
        halves = [self._halving(injections, half) for half in np.array_split(topologies, 2)]
        return (
            np.concatenate([half[0] for half in halves]),
            np.concatenate([half[1] for half in halves]),
        )

    def _all_fed(self, topologies: np.ndarray, injections: Injections) -> np.ndarray:
        is_fed = (topologies[:, self._always_fed] > 0).all(axis=1)
        if injections.storage_p.any():
            used = self._grid.positions.storage[injections.storage_p != 0]
            is_fed &= (topologies[:, used] > 0).all(axis=1)
        return np.asarray(is_fed)


def _slices(rows: np.ndarray, length: int) -> list[np.ndarray]:
    return [rows[first : first + length] for first in range(0, len(rows), length)]


def _groups(values: np.ndarray) -> list[np.ndarray]:
    """The row numbers of each different row of values."""
    rows_of: dict[bytes, list[int]] = {}
    for row, value in enumerate(values):
        rows_of.setdefault(value.tobytes(), []).append(row)
    return [np.array(rows) for rows in rows_of.values()]
