"""Topologies with an island: a part of the grid that no line connects to the slack."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from .grid_model import GridModel, Injections
from .row_sweep import DOUBTFUL, INFEASIBLE, UNKNOWN

MOST_KEPT = 16
"""Searches over the lines that are kept, since agents ask for the same topologies again."""

BALANCED_MW = 1e-3
"""Up to so much active power an island may produce or lack and still have a solution.

An island without loads, losses and production can converge, and grid2op then goes on: for example a
generator at 0 MW behind a transformer. Any other cannot: nothing balances it as the slack does.
"""


class Parts(NamedTuple):
    """The connected parts of some topologies, numbered over all of them.

    Attributes
    ----------
    of_element:
        Part of each element, shape ``(n, dim_topo)``; that of the slack for one that is out.
    of_slack:
        Part of the slack, shape ``(n, 1)``.
    shunts_apart:
        Whether a shunt is outside that part, shape ``(n,)``.
    number:
        How many there are.
    """

    of_element: np.ndarray
    of_slack: np.ndarray
    shunts_apart: np.ndarray
    number: int


class Islands:
    """Finds the islands of topologies, and whether they may have a solution.

    Parameters
    ----------
    grid:
        Read, not changed.
    """

    def __init__(self, grid: GridModel) -> None:
        self._grid = grid
        self._slack = grid.positions.generator[grid.is_slack][:1]
        # a shunt never moves: it is an island where all else leaves its busbar
        shunts = [shunt.bus_id for shunt in grid.lsgrid.get_shunts() if shunt.connected]
        self._shunt_busbars = np.array(shunts, dtype=int)
        self._kept: OrderedDict[bytes, Parts] = OrderedDict()

    def verdicts(self, injections: Injections, topologies: np.ndarray) -> np.ndarray:
        """Verdicts on rows with an element or shunt that no line connects to the slack, or UNKNOWN.

        DOUBTFUL where each island is in balance, else INFEASIBLE.

        Parameters
        ----------
        topologies:
            Shape ``(n, dim_topo)``, int8.
        """
        positions = self._grid.positions
        key = topologies.tobytes()
        parts = self._kept.pop(key, None) or self._search(topologies)
        self._kept[key] = parts
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        of_element = parts.of_element
        produced = _sums(of_element[:, positions.generator], injections.gen_p, parts.number)
        consumed = _sums(of_element[:, positions.load], injections.load_p, parts.number)
        if injections.storage_p.any():
            storage = of_element[:, positions.storage]
            consumed = consumed + _sums(storage, injections.storage_p, parts.number)
        is_island = of_element != parts.of_slack
        lacks_balance = is_island & (np.abs(produced - consumed)[of_element] > BALANCED_MW)
        verdicts = np.full(len(topologies), UNKNOWN)
        verdicts[is_island.any(axis=1) | parts.shunts_apart] = DOUBTFUL
        verdicts[lacks_balance.any(axis=1)] = INFEASIBLE
        return verdicts

    def _search(self, topologies: np.ndarray) -> Parts:
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
        number, part_of = connected_components(graph, directed=False)
        slack = part_of[numbers[:, self._slack]]
        of_element = np.where(is_on, part_of[np.where(is_on, numbers, 0)], slack)
        shunts = part_of.reshape(n_rows, n_busbars)[:, self._shunt_busbars]
        return Parts(of_element, slack, (shunts != slack).any(axis=1), number)


def _sums(parts: np.ndarray, values: np.ndarray, number: int) -> np.ndarray:
    """The sum of the values in each part, from the parts of each row's elements, ``(n, m)``."""
    weights = np.broadcast_to(values, parts.shape).ravel()
    return np.bincount(parts.ravel(), weights=weights, minlength=number)
