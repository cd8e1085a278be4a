"""Line loads after actions on one substation each, without a power flow for each of them.

In DC a split is exact: all lines that move to the other busbar see the same angle shift at that
end, and the balance of their busbar fixes its size. So the flows after every split follow from one
inverse by an update of rank 1 (bus split distribution factors: van Dijk, Viebahn, Cijsouw and van
Casteren, "Bus split distribution factors", IEEE Transactions on Power Systems, 2024). To join two
busbars, as much power is moved between them as makes their angles equal. What changes in DC is
added to the AC flows of the state, whose reactive power stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..grid.positions import Positions
from .grid_model import GridModel
from .state import GridState

LEAST_RESPONSE = 1e-6
"""A busbar whose balance answers to its angle by less (MW per radian) is an island."""


class SplitEstimator:
    """Estimates loads from states of one grid.

    Parameters
    ----------
    grid:
        It is worked on, so give a copy.

    Examples
    --------
    >>> estimator = SplitEstimator(simulator.grid_copy())  # doctest: +SKIP
    >>> estimator.at(state).rho_after(set_bus).shape  # doctest: +SKIP
    (240, 59)
    """

    def __init__(self, grid: GridModel) -> None:
        self._grid = grid
        positions, lsgrid = grid.positions, grid.lsgrid
        lines = [*lsgrid.get_lines(), *lsgrid.get_trafos()]
        susceptance = np.array([abs(line.ydc_12) for line in lines]) * lsgrid.get_sn_mva()
        slack = int(positions.generator[grid.is_slack][0])
        self._fixed = _Fixed(
            positions,
            susceptance,
            slack,
            near=np.concatenate((positions.origin, positions.extremity)),
            far=np.concatenate((positions.extremity, positions.origin)),
            line=np.tile(np.arange(positions.n_line), 2),
            sign=np.repeat((1.0, -1.0), positions.n_line),
        )

    def at(self, state: GridState) -> SplitEstimate | None:
        """What actions on a state are estimated from; None: its power flow has no solution."""
        grid = self._grid
        topology = state.topology_in_maintenance(grid.positions)
        grid.set_topology(topology)
        grid.set_injections(state.injections)
        if not grid.solve():
            return None
        return SplitEstimate(self._fixed, grid, state, topology)


@dataclass(frozen=True, eq=False)
class _Fixed:
    """What all states share: susceptances (MW per radian), and both ends of all lines in a row."""

    positions: Positions
    susceptance: np.ndarray
    slack: int
    near: np.ndarray
    far: np.ndarray
    line: np.ndarray
    sign: np.ndarray


class SplitEstimate:
    """Loads after actions on one state.

    Parameters
    ----------
    fixed:
        Of the grid.
    grid:
        Which has just solved the state.
    topology:
        ``topo_vect`` that it has solved.
    """

    def __init__(
        self, fixed: _Fixed, grid: GridModel, state: GridState, topology: np.ndarray
    ) -> None:
        self._fixed, self._topology = fixed, topology
        positions, lsgrid = fixed.positions, grid.lsgrid
        origin = _of_lines(lsgrid.get_line_res1(), lsgrid.get_trafo_res1())
        extremity = _of_lines(lsgrid.get_line_res2(), lsgrid.get_trafo_res2())
        self._active, self._reactive = origin[0], origin[1]
        self._through = np.concatenate((origin[0], extremity[0]))
        connected = topology[positions.origin] > 0
        limits = np.where(connected, state.thermal_limits, 1.0)
        self._rho = np.where(connected, 1000 * origin[3] / limits, 0.0)
        per_kilovolt = 1000 / (np.sqrt(3.0) * np.where(connected, origin[2], 1.0) * limits)
        self._per_mva = np.where(connected, per_kilovolt, 0.0)
        self._balance = np.zeros(positions.dim_topo)
        self._balance[positions.generator] = lsgrid.get_gen_res()[0]
        self._balance[positions.load] = -np.asarray(lsgrid.get_loads_res()[0])
        self._bus = grid.buses(topology)
        self._is_used = np.zeros(2 * positions.n_sub, dtype=bool)
        for ends in (positions.origin, positions.extremity):
            self._is_used[self._bus[ends[connected]]] = True
        self._angles = np.angle(grid.voltages)
        self._susceptance = np.where(connected, fixed.susceptance, 0.0)
        self._factors, self._inverse = self._distribution()

    def _distribution(self) -> tuple[np.ndarray, np.ndarray]:
        """Power of each line, and angle of each bus, per MW at each bus that the slack balances.

        Shapes ``(n_line, n_bus)`` and ``(n_bus, n_bus)``; 0 for buses that are not used.
        """
        fixed, positions = self._fixed, self._fixed.positions
        lines, n_bus = np.arange(positions.n_line), len(self._is_used)
        flows = np.zeros((positions.n_line, n_bus))
        flows[lines, self._bus[positions.origin]] = self._susceptance
        flows[lines, self._bus[positions.extremity]] -= self._susceptance
        incidence = np.where(flows > 0, 1.0, np.where(flows < 0, -1.0, 0.0))
        is_free = self._is_used.copy()
        is_free[self._bus[fixed.slack]] = False
        free = np.flatnonzero(is_free)
        flows, incidence = flows[:, free], incidence[:, free]
        inverse = np.zeros((n_bus, n_bus))
        inverse[np.ix_(free, free)] = np.linalg.inv(incidence.T @ flows)
        return flows @ inverse[free], inverse

    def rho_after(self, set_bus: np.ndarray) -> np.ndarray:
        """Estimated load of each line after each action, before any protection acts.

        Parameters
        ----------
        set_bus:
            As in `Topology`, of one substation in each row, shape ``(n, dim_topo)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(n, n_line)``; infinite where a busbar is an island.
        """
        fixed, positions = self._fixed, self._fixed.positions
        substations = positions.substation[(set_bus != 0).argmax(axis=1)]
        is_acted = np.zeros(positions.n_sub, dtype=bool)
        is_acted[substations] = True
        at_end = positions.substation[fixed.near]
        ends = np.flatnonzero(is_acted[at_end] & (self._topology[fixed.near] > 0))
        line, sign, at_end = fixed.line[ends], fixed.sign[ends], at_end[ends]
        near, far = self._bus[fixed.near[ends]], self._bus[fixed.far[ends]]
        susceptance, number = self._susceptance[line], np.arange(len(ends))
        # what a radian more at each end adds to each line, and the power that leaves through it
        response = (self._factors[:, far] - self._factors[:, near]) * susceptance
        through = self._through[ends]
        joins = np.zeros((len(set_bus), positions.n_line))
        for substation in np.flatnonzero(is_acted & self._is_split()).tolist():
            one, two = substation, substation + positions.n_sub
            angle = self._inverse[one] - self._inverse[two]
            factors = self._factors[:, one] - self._factors[:, two]
            stiffness = angle[one] - angle[two]
            own = at_end == substation
            moved = (angle[far[own]] - angle[near[own]]) * susceptance[own] / stiffness
            response[:, own] -= factors[:, None] * moved
            joined = factors * ((self._angles[two] - self._angles[one]) / stiffness)
            through[own] += sign[own] * joined[line[own]]
            joins[substations == substation] = joined
        response[line, number] += sign * susceptance
        is_second = np.where(set_bus != 0, set_bus, self._topology) == 2
        is_second &= positions.substation == substations[:, None]
        moves = is_second[:, fixed.near[ends]].astype(float)
        lack = is_second @ self._balance - moves @ through
        brings = ((moves @ (response[line].T * sign)) * moves).sum(axis=1)
        is_answered = np.abs(brings) > LEAST_RESPONSE
        angles = np.where(is_answered, lack, 0.0) / np.where(is_answered, brings, 1.0)
        active = self._active + joins + (angles[:, None] * moves) @ response.T
        reactive = self._reactive
        changes = np.hypot(active, reactive) - np.hypot(self._active, reactive)
        rho = np.maximum(self._rho + self._per_mva * changes, 0.0)
        rho[is_second.any(axis=1) & ~is_answered] = np.inf
        return np.asarray(rho)

    def _is_split(self) -> np.ndarray:
        """Which substations have two busbars in use, shape ``(n_sub,)``."""
        one, two = self._is_used.reshape(2, -1)
        return np.asarray(one & two)


def _of_lines(lines: Any, transformers: Any) -> np.ndarray:
    """Active and reactive power, voltage and current at one end of each line, ``(4, n_line)``."""
    return np.array([np.concatenate(pair) for pair in zip(lines[:4], transformers[:4])])
