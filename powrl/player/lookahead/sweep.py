"""Power flows of many topologies at once: lightsim2grid's ``ScenarioSweepCPP``."""

from __future__ import annotations

import numpy as np

from .grid_model import GridModel, Injections

ROWS_PER_SWEEP = 32
"""A sweep is solved on the union of the buses of its rows: a small one is faster per row."""

ROWS_ONE_BY_ONE = 2
"""Up to so many rows a sweep costs more than it saves."""

EXTRA_ITERATIONS = 4
"""Iterations of a sweep beyond grid2op's limit before a row counts as diverged.

A sweep starts flat, grid2op from a DC power flow, which can converge where the flat start does not.
In 35,397 such power flows (14 to 118 substations, loads within 0.1 % of the highest feasible ones),
the flat start needed 1 iteration more in 35,334 and never more than 3.
"""

LIGHT_LOAD = 0.25
"""Share of the injections at which a sweep solves the topology that its rows change."""

BALANCED_MW = 1e-3
"""Up to so much active power an island may produce or lack and still have a solution.

An island without loads, losses and production can converge, and grid2op then goes on: for example a
generator at 0 MW behind a transformer. Any other cannot: nothing balances it as the slack does.
"""

UNKNOWN, FEASIBLE, INFEASIBLE, DOUBTFUL = range(4)
"""Verdicts on a row. Only a power flow of its own decides on a doubtful row."""


class SweepSolver:
    """Solves the power flows of many topologies, with grid2op's verdict on each.

    A topology is feasible where `GridModel.solve` finds a solution, as grid2op's ``simulate`` does.
    Few rows need such a power flow of their own:

    1. A row with a disconnected load or generator is infeasible without a power flow.
    2. Sweeps of `ROWS_PER_SWEEP` rows solve the others, as changes of one base topology. Rows that
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
        from lightsim2grid.lightsim2grid_cpp import ElementType, ScenarioSweepCPP, TopoAction

        self._grid = grid
        self._sweep_class, self._row_class = ScenarioSweepCPP, TopoAction
        positions = grid.positions
        kinds = (
            (ElementType.line_or, positions.origin),
            (ElementType.line_ex, positions.extremity),
            (ElementType.load, positions.load),
            (ElementType.gen, positions.generator),
            (ElementType.storage, positions.storage),
        )
        self._element = {
            int(position): (kind, number)
            for kind, places in kinds
            for number, position in enumerate(places)
        }
        self._slack = positions.generator[grid.is_slack]
        # a shunt never moves: it is an island where all else leaves its busbar
        shunts = [shunt.bus_id for shunt in grid.lsgrid.get_shunts() if shunt.connected]
        self._shunt_busbars = np.array(shunts, dtype=int)

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
        self._grid.set_topology(base)
        self._grid.set_injections(injections)
        n_rows = len(topologies)
        currents = np.zeros((n_rows, self._grid.positions.n_line), dtype=np.float32)
        verdicts = np.where(self._all_fed(topologies, injections), UNKNOWN, INFEASIBLE)
        # a sweep leaves storage units as they are in its base
        used = self._grid.positions.storage if injections.storage_p.any() else self._slack[:0]
        keeps_storage = ((topologies[:, used] > 0) == (base[used] > 0)).all(axis=1)
        verdicts[(verdicts == UNKNOWN) & ~keeps_storage] = DOUBTFUL
        keeps_slack = (topologies[:, self._slack] == base[self._slack]).all(axis=1)
        rows = np.flatnonzero((verdicts == UNKNOWN) & keeps_slack)
        if len(rows) > ROWS_ONE_BY_ONE:
            for chunk in _chunks(base, topologies, rows):
                currents[chunk], verdicts[chunk] = self._sweep(base, topologies[chunk])
                if (verdicts[chunk] == UNKNOWN).all():
                    break
        rows = np.flatnonzero(verdicts == UNKNOWN)
        if len(rows) > ROWS_ONE_BY_ONE:
            verdicts[rows] = self._islands(injections, topologies[rows])
            rows = rows[verdicts[rows] == UNKNOWN]
            for group in _groups(topologies[rows][:, self._slack]):
                for chunk in _chunks(topologies[rows[group[0]]], topologies, rows[group]):
                    currents[chunk], verdicts[chunk] = self._sweep_light(
                        injections, topologies[chunk]
                    )
        for row in np.flatnonzero((verdicts == UNKNOWN) | (verdicts == DOUBTFUL)):
            self._grid.set_topology(topologies[row])
            self._grid.set_storage_power(injections.storage_p)
            verdicts[row] = FEASIBLE if self._grid.solve() else INFEASIBLE
            if verdicts[row] == FEASIBLE:
                currents[row] = self._grid.currents()
        return currents, verdicts == FEASIBLE

    def _sweep_light(
        self, injections: Injections, topologies: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """A sweep with the first row as the base, or two of half its size if that has no answer."""
        n_rows = len(topologies)
        if n_rows <= ROWS_ONE_BY_ONE:
            return self._none(n_rows)
        currents, verdicts = self._sweep(topologies[0], topologies, injections)
        if (verdicts != UNKNOWN).any():
            return currents, verdicts
        halves = [self._sweep_light(injections, half) for half in np.array_split(topologies, 2)]
        return (
            np.concatenate([half[0] for half in halves]),
            np.concatenate([half[1] for half in halves]),
        )

    def _sweep(
        self, base: np.ndarray, topologies: np.ndarray, injections: Injections | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Currents and verdicts of one sweep, UNKNOWN for all rows where it has no answer.

        The base is solved at the injections of the grid, or, where injections are given, at a light
        load, which has a solution on any connected grid.
        """
        grid = self._grid
        changed = topologies != base
        rows = [self._row_class() for _ in topologies]
        elements = self._element
        for row, position in zip(*np.nonzero(changed)):
            rows[row].add_element(*elements[position], int(topologies[row, position]))
        grid.set_topology(base)
        if injections is None:
            sweep = self._sweep_class(grid.lsgrid)
        else:
            grid.set_injections(injections.scaled(LIGHT_LOAD))
            sweep = self._sweep_class(grid.lsgrid)  # with a copy of the grid
            grid.set_injections(injections)
            for modify, values in (
                (sweep.modify_gen_p, injections.gen_p),
                (sweep.modify_load_p, injections.load_p),
                (sweep.modify_load_q, injections.load_q),
            ):
                modify(np.tile(values.astype(float), (len(topologies), 1)))
        sweep.change_algorithm(grid.algorithm)
        sweep.set_topo_actions(rows)
        try:
            # flat, since a warm start finds a wrong solution now and then
            sweep.compute(grid.flat, grid.max_iterations + EXTRA_ITERATIONS, grid.tolerance)
        except RuntimeError:
            return self._none(len(topologies))
        currents = np.asarray(sweep.compute_flows(), dtype=np.float32) * np.float32(1000)
        converged = np.array(sweep.converged_mask(), dtype=bool)
        iterations = np.asarray(sweep.get_row_nb_iter())
        verdicts = np.full(len(topologies), UNKNOWN)
        verdicts[iterations > 0] = INFEASIBLE
        verdicts[converged] = DOUBTFUL
        verdicts[converged & (iterations <= grid.max_iterations)] = FEASIBLE
        currents[verdicts != FEASIBLE] = 0
        return currents, verdicts

    def _none(self, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        n_line = self._grid.positions.n_line
        return np.zeros((n_rows, n_line), dtype=np.float32), np.full(n_rows, UNKNOWN)

    def _all_fed(self, topologies: np.ndarray, injections: Injections) -> np.ndarray:
        positions = self._grid.positions
        is_fed = (topologies[:, positions.load] > 0).all(axis=1)
        is_fed &= (topologies[:, positions.generator] > 0).all(axis=1)
        if injections.storage_p.any():
            used = positions.storage[injections.storage_p != 0]
            is_fed &= (topologies[:, used] > 0).all(axis=1)
        return np.asarray(is_fed)

    def _islands(self, injections: Injections, topologies: np.ndarray) -> np.ndarray:
        """Verdicts on rows with an element or shunt that no line connects to the slack, or UNKNOWN.

        DOUBTFUL where each island is in balance, else INFEASIBLE.
        """
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        positions, n_rows = self._grid.positions, len(topologies)
        n_busbars = 2 * positions.n_sub
        numbers = self._grid.buses(topologies) + n_busbars * np.arange(n_rows)[:, None]
        is_on = topologies > 0
        lines = is_on[:, positions.origin] & is_on[:, positions.extremity]
        ends = numbers[:, positions.origin][lines], numbers[:, positions.extremity][lines]
        size = n_rows * n_busbars
        graph = coo_matrix((np.ones(len(ends[0])), ends), shape=(size, size))
        n_parts, part_of = connected_components(graph, directed=False)
        slack = part_of[numbers[:, self._slack[:1]]]
        parts = np.where(is_on, part_of[np.where(is_on, numbers, 0)], slack)
        shunts = part_of.reshape(n_rows, n_busbars)[:, self._shunt_busbars]
        produced = _sums(parts[:, positions.generator], injections.gen_p, n_parts)
        consumed = _sums(parts[:, positions.load], injections.load_p, n_parts)
        if injections.storage_p.any():
            consumed = consumed + _sums(parts[:, positions.storage], injections.storage_p, n_parts)
        is_island = parts != slack
        lacks_balance = is_island & (np.abs(produced - consumed)[parts] > BALANCED_MW)
        verdicts = np.full(n_rows, UNKNOWN)
        verdicts[is_island.any(axis=1) | (shunts != slack).any(axis=1)] = DOUBTFUL
        verdicts[lacks_balance.any(axis=1)] = INFEASIBLE
        return verdicts


def _chunks(base: np.ndarray, topologies: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """The rows of each sweep; those that change the same substation stay together."""
    first_change = (topologies[rows] != base).argmax(axis=1)
    rows = rows[np.argsort(first_change, kind="stable")]
    return [rows[first : first + ROWS_PER_SWEEP] for first in range(0, len(rows), ROWS_PER_SWEEP)]


def _groups(values: np.ndarray) -> list[np.ndarray]:
    """The row numbers of each different row of values."""
    _, kinds = np.unique(values, axis=0, return_inverse=True)
    return [np.flatnonzero(kinds.ravel() == kind) for kind in np.unique(kinds)]


def _sums(parts: np.ndarray, values: np.ndarray, n_parts: int) -> np.ndarray:
    """The sum of the values in each part, from the parts of each row's elements, ``(n, m)``."""
    weights = np.broadcast_to(values, parts.shape).ravel()
    return np.bincount(parts.ravel(), weights=weights, minlength=n_parts)
