"""Sweeps of lightsim2grid that are kept, since agents ask for the same topologies again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from .grid_model import GridModel, Injections

MOST_KEPT = 64
"""Sweeps that are kept: 2,000 rows; 0.3 MB each on 36 substations, 0.6 MB on 118."""

MOST_CHANGES = 4096
"""Changes of a base that are kept as lightsim2grid has them, a few hundred bytes each."""

EXTRA_ITERATIONS = 4
"""Iterations of a sweep beyond grid2op's limit before a row counts as diverged.

A sweep starts flat, grid2op from a DC power flow, which can converge where the flat start does not.
In 35,397 such power flows (14 to 118 substations, loads within 0.1 % of the highest feasible ones),
the flat start needed 1 iteration more in 35,334 and never more than 3.
"""

UNKNOWN, FEASIBLE, INFEASIBLE, DOUBTFUL = range(4)
"""Verdicts on a row. Only a power flow of its own decides on a doubtful row."""


class RowSweep:
    """Solves topologies as changes of one base, again and again at other injections.

    What does not depend on injections is done once: the base is prepared without any load, so that
    a sweep gives the same results whatever it solved before.

    Parameters
    ----------
    grid:
        Copied; its topology is changed to the base, its injections to none.
    base:
        Shape ``(dim_topo,)``, int8.
    changes:
        What each topology changes, as a ``TopoAction``.
    gen_v, storage_p:
        As in `Injections`, in all that is solved.
    """

    def __init__(
        self,
        grid: GridModel,
        base: np.ndarray,
        changes: Sequence[Any],
        gen_v: np.ndarray,
        storage_p: np.ndarray,
    ) -> None:
        from lightsim2grid.lightsim2grid_cpp import ScenarioSweepCPP

        self._n_rows = len(changes)
        self._flat, self._tolerance = grid.flat, grid.tolerance
        self._max_iterations = grid.max_iterations
        grid.set_topology(base.astype(np.int32))
        grid.set_injections(_no_load(grid, gen_v, storage_p))
        self._sweep = ScenarioSweepCPP(grid.lsgrid)
        self._sweep.change_algorithm(grid.algorithm)
        self._sweep.set_topo_actions(changes)

    def solve(self, injections: Injections) -> tuple[np.ndarray, np.ndarray] | None:
        """Currents (A), shape ``(n, n_line)``, and a verdict on each row; None: it has no answer.

        Parameters
        ----------
        injections:
            With the voltages and storage units of this sweep.
        """
        sweep = self._sweep
        for modify, values in (
            (sweep.modify_gen_p, injections.gen_p),
            (sweep.modify_load_p, injections.load_p),
            (sweep.modify_load_q, injections.load_q),
        ):
            same = np.empty((self._n_rows, len(values)))
            same[:] = values
            modify(same)
        try:
            # flat, since a warm start needs more iterations, and finds wrong solutions
            sweep.compute(self._flat, self._max_iterations + EXTRA_ITERATIONS, self._tolerance)
        except RuntimeError:
            return None
        currents = np.asarray(sweep.compute_flows(), dtype=np.float32) * np.float32(1000)  # of kA
        converged = np.array(sweep.converged_mask(), dtype=bool)
        iterations = np.asarray(sweep.get_row_nb_iter())
        verdicts = np.full(self._n_rows, UNKNOWN)
        verdicts[iterations > 0] = INFEASIBLE
        verdicts[converged] = DOUBTFUL
        verdicts[converged & (iterations <= self._max_iterations)] = FEASIBLE
        currents[verdicts != FEASIBLE] = 0
        return currents, verdicts

    @property
    def is_as_new(self) -> bool:
        """Whether no row made it choose other pivots, which would change the last digits."""
        statistics = self._sweep.get_linear_solver_stats()
        return not (statistics.nb_fallback_factorize or statistics.nb_refactorize_failed)


class RowSweeps:
    """Sweeps on one grid; those solved last are kept.

    Parameters
    ----------
    grid:
        The grid to work on: its injections and topology change.
    """

    def __init__(self, grid: GridModel) -> None:
        from lightsim2grid.lightsim2grid_cpp import ElementType

        self._grid, positions = grid, grid.positions
        kinds = (
            (ElementType.line_or, positions.origin),
            (ElementType.line_ex, positions.extremity),
            (ElementType.load, positions.load),
            (ElementType.gen, positions.generator),
            (ElementType.storage, positions.storage),
        )
        self._elements = {
            int(position): (kind, number)
            for kind, places in kinds
            for number, position in enumerate(places)
        }
        # agents play the same actions again and again
        self._change = lru_cache(MOST_CHANGES)(self._topo_action)
        self._kept: OrderedDict[tuple[bytes, bytes, bytes], RowSweep] = OrderedDict()

    def solve(
        self, injections: Injections, base: np.ndarray, topologies: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Currents (A) and verdicts of one sweep, UNKNOWN for all rows where it has no answer.

        Parameters
        ----------
        base:
            A topology that the others differ little from, shape ``(dim_topo,)``, int8.
        topologies:
            Shape ``(n, dim_topo)``, int8.
        """
        gen_v, storage_p = injections.gen_v, injections.storage_p
        key = (base.tobytes(), topologies.tobytes(), gen_v.tobytes())
        stores = bool(storage_p.any())
        sweep = None if stores else self._kept.pop(key, None)
        if sweep is None:
            sweep = RowSweep(self._grid, base, self._changes(base, topologies), gen_v, storage_p)
        solved = sweep.solve(injections)
        if solved is None:
            return self.without_answer(len(topologies))
        if not stores and sweep.is_as_new:
            self._kept[key] = sweep
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return solved

    def _changes(self, base: np.ndarray, topologies: np.ndarray) -> list[Any]:
        """What each topology changes in the base, as lightsim2grid has it."""
        content = np.where(topologies != base, topologies, np.int8(0)).tobytes()
        length = len(base)
        return [self._change(content[at : at + length]) for at in range(0, len(content), length)]

    def _topo_action(self, change: bytes) -> Any:
        from lightsim2grid.lightsim2grid_cpp import TopoAction

        busbars = np.frombuffer(change, dtype=np.int8)
        action = TopoAction()
        for position in np.flatnonzero(busbars).tolist():
            action.add_element(*self._elements[position], int(busbars[position]))
        return action

    def without_answer(self, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        """What `solve` gives where no row has a verdict."""
        n_line = self._grid.positions.n_line
        return np.zeros((n_rows, n_line), dtype=np.float32), np.full(n_rows, UNKNOWN)


def _no_load(grid: GridModel, gen_v: np.ndarray, storage_p: np.ndarray) -> Injections:
    gen_p = np.zeros(len(gen_v), dtype=np.float32)
    load = np.zeros(len(grid.positions.load), dtype=np.float32)
    return Injections(gen_p, gen_v, load, load, storage_p)
