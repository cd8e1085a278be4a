"""Screening of substation topologies by DC load flow, for sets that are too large for AC.

Splitting a substation is exact in DC: lines that move to the other busbar see an angle shift at
that end, the same for all of them, and the balance of the new busbar fixes its size. So the flows
after every split follow from one factorisation by a rank-1 update (bus split distribution factors:
van Dijk, Viebahn, Cijsouw and van Casteren, "Bus split distribution factors", IEEE Transactions on
Power Systems, 2024). They are added to the AC flows of the substation without a split.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import PowrlError
from ..player.actions.grid_action import GridAction
from ..player.lookahead.batch import BatchSimulator
from ..player.lookahead.grid_model import GridModel
from ..player.lookahead.state import GridState

LEAST_RECALL = 0.9
"""Of the states in which the survivors hold the AC best: below it, screening is refused."""

AS_GOOD = 1e-3
"""Loads that differ by less are equally good."""

BLOCK = 512
"""Topologies whose loads are estimated at once."""


@dataclass(frozen=True, eq=False)
class _Ends:
    """The lines at one substation, seen from it."""

    lines: np.ndarray
    signs: np.ndarray
    positions: np.ndarray
    far: np.ndarray


class Screen:
    """Estimates the load after substation topologies, and keeps the best for AC.

    The best topologies in DC hold the best ones in AC on some grids only. `screened` refuses to
    screen until `trust` has accepted a recall that `measure_recall` measured.

    Parameters
    ----------
    grid:
        Grid of the environment's backend; the screening works on a copy.

    Attributes
    ----------
    trusted:
        Whether `trust` was given a recall that is good enough.
    """

    def __init__(self, grid: GridModel) -> None:
        self.positions = grid.positions
        self.trusted = False
        self._grid = grid.copy()
        lsgrid = self._grid.lsgrid
        branches = [*lsgrid.get_lines(), *lsgrid.get_trafos()]
        self._susceptance = np.array([abs(branch.ydc_12) for branch in branches])
        self._susceptance *= lsgrid.get_sn_mva()  # MW per radian
        self._slack = int(self.positions.generator[self._grid.is_slack][0])

    def trust(self, recall: float) -> None:
        """Accept the recall that was measured on this grid.

        Raises
        ------
        PowrlError
            It is below `LEAST_RECALL`.
        """
        if recall < LEAST_RECALL:
            raise PowrlError(
                f"DC screening keeps the best action in only {recall:.0%} of the states of this "
                "grid; evaluate all actions, or keep more of them."
            )
        self.trusted = True

    def best(
        self, state: GridState, substation: int, busbars: np.ndarray, keep: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The topologies of one substation with the lowest estimated load.

        Parameters
        ----------
        busbars:
            Busbar (1 or 2) of each element of the substation, shape ``(n, n_elements)``. Elements
            that are disconnected stay so.
        keep:
            How many to return.

        Returns
        -------
        numbers, loads:
            Which of them, best first, and the estimated load of the most loaded line; infinite
            where the power flow without a split has no solution, or the busbars are isolated.
        """
        joined = state.topology.copy()
        part = self.positions.part(substation)
        joined[part] = np.where(joined[part] > 0, 1, -1)
        base = self._solve(state, joined)
        if base is None:
            return np.arange(len(busbars))[:keep], np.full(min(keep, len(busbars)), np.inf)
        flows, reactive, amperes, balance = base
        ends = self._ends(joined, substation)
        response = self._response(joined, substation, ends)
        second = (busbars == 2) & (joined[part] > 0)
        moved = second[:, ends.positions - part.start].astype(np.float64)
        through = ends.signs * flows[ends.lines, (ends.signs < 0).astype(int)]
        # what the second busbar lacks, over what an angle of one radian brings
        lack = second @ balance[part] - moved @ through
        own = response[:, ends.lines] * ends.signs
        brings = np.einsum("ni,ij,nj->n", moved, own, moved, optimize=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            angle = np.where(second.any(axis=1), lack / brings, 0.0)
        isolated = second.any(axis=1) & ((np.abs(brings) < 1e-6) | ~np.isfinite(angle))
        shift = np.where(isolated, 0.0, angle)[:, None] * moved

        def load(rows: np.ndarray, lines: np.ndarray) -> np.ndarray:
            active = flows[lines, 0] + shift[rows] @ response[:, lines]
            loads = (active**2 + reactive[lines] ** 2) * amperes[lines] ** 2
            loads = np.sqrt(loads.max(axis=1))
            loads[isolated[rows]] = np.inf
            return np.asarray(loads)

        return _lowest(load, len(busbars), self._most_telling(flows, reactive, amperes), keep)

    def _most_telling(
        self, flows: np.ndarray, reactive: np.ndarray, amperes: np.ndarray
    ) -> np.ndarray:
        """All lines, the most loaded ones of the base first: their loads bound the highest one."""
        loads = np.hypot(flows[:, 0], reactive) * amperes
        return np.argsort(-loads, kind="stable")

    def _solve(
        self, state: GridState, topology: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
        """AC base: flows at both ends (MW), reactive power (MVAr), load per MVA, balance (MW)."""
        grid = self._grid
        grid.set_injections(state.injections)
        grid.set_topology(topology)
        if not grid.solve():
            return None
        lsgrid, positions = grid.lsgrid, self.positions
        line1, line2 = lsgrid.get_line_res1(), lsgrid.get_line_res2()
        trafo1, trafo2 = lsgrid.get_trafo_res1(), lsgrid.get_trafo_res2()
        origin = np.concatenate((line1[0], trafo1[0]))
        flows = np.stack((origin, -np.concatenate((line2[0], trafo2[0]))), axis=1)
        reactive = np.concatenate((line1[1], trafo1[1]))
        voltage = np.concatenate((line1[2], trafo1[2]))
        connected = topology[positions.origin] > 0
        amperes = np.zeros(len(origin))  # of one MVA, over the limit
        amperes[connected] = 1000 / (
            np.sqrt(3) * voltage[connected] * state.thermal_limits[connected]
        )
        balance = np.zeros(positions.dim_topo)
        balance[positions.generator] = lsgrid.get_gen_res()[0]
        balance[positions.load] = -np.asarray(lsgrid.get_loads_res()[0])
        return flows, reactive, amperes, balance

    def _ends(self, topology: np.ndarray, substation: int) -> _Ends:
        """The connected lines of a substation."""
        positions = self.positions
        part = positions.part(substation)
        nodes_here, signs, places, far = [], [], [], []
        for near_end, far_end, sign in (
            (positions.origin, positions.extremity, 1.0),
            (positions.extremity, positions.origin, -1.0),
        ):
            inside = (near_end >= part.start) & (near_end < part.stop) & (topology[near_end] > 0)
            lines = np.flatnonzero(inside)
            nodes_here.append(lines)
            signs.append(np.full(len(lines), sign))
            places.append(near_end[lines])
            far.append(far_end[lines])
        return _Ends(*(np.concatenate(parts) for parts in (nodes_here, signs, places, far)))

    def _response(self, topology: np.ndarray, substation: int, ends: _Ends) -> np.ndarray:
        """Change of every line's flow (MW, from its origin) per radian at each line's near end.

        Shape ``(n_ends, n_line)``.
        """
        positions = self.positions
        node_of = positions.substation + (topology - 1) * positions.n_sub
        node_of[topology < 0] = -1
        connected = topology[positions.origin] > 0
        origin, extremity = node_of[positions.origin], node_of[positions.extremity]
        nodes = np.unique(node_of[node_of >= 0])
        index = np.full(2 * positions.n_sub, -1)
        index[nodes] = np.arange(len(nodes))
        y = np.where(connected, self._susceptance, 0.0)
        one, other = index[origin[connected]], index[extremity[connected]]
        matrix = np.zeros((len(nodes), len(nodes)))
        np.add.at(matrix, (one, one), y[connected])
        np.add.at(matrix, (other, other), y[connected])
        np.add.at(matrix, (one, other), -y[connected])
        np.add.at(matrix, (other, one), -y[connected])
        slack = index[node_of[self._slack]]
        others = np.delete(np.arange(len(nodes)), slack)
        near = index[substation]
        far = index[node_of[ends.far]]
        pushed = np.zeros((len(nodes), len(ends.lines)))
        columns = np.arange(len(ends.lines))
        np.add.at(pushed, (far, columns), y[ends.lines])
        np.add.at(pushed, (near, columns), -y[ends.lines])
        angles = np.zeros_like(pushed)
        angles[others] = np.linalg.solve(matrix[np.ix_(others, others)], pushed[others])
        response = np.zeros((len(ends.lines), positions.n_line))
        response[:, connected] = ((angles[one] - angles[other]) * y[connected][:, None]).T
        response[columns, ends.lines] += ends.signs * y[ends.lines]
        return response


def _lowest(
    load: Callable[[np.ndarray, np.ndarray], np.ndarray], n: int, lines: np.ndarray, keep: int
) -> tuple[np.ndarray, np.ndarray]:
    """The `keep` lowest of `n` highest loads, without working out the rest.

    The load of the first few lines bounds the highest one from below: candidates are worked out
    in the order of that bound, until it exceeds what is kept.
    """
    everything = np.arange(n)
    bound = load(everything, lines[:4])
    order = np.argsort(bound, kind="stable")
    numbers, loads = np.empty(0, dtype=int), np.empty(0)
    for first in range(0, n, BLOCK):
        rows = order[first : first + BLOCK]
        if len(loads) >= keep and bound[rows[0]] > loads[-1]:
            break
        numbers = np.concatenate((numbers, rows))
        loads = np.concatenate((loads, load(rows, lines)))
        best = np.lexsort((numbers, loads))[:keep]
        numbers, loads = numbers[best], loads[best]
    return numbers, loads


def measure_recall(
    screen: Screen,
    simulator: BatchSimulator,
    states: Sequence[GridState],
    topologies: dict[int, np.ndarray],
    keep: int,
) -> float:
    """In what share of the states the topologies that are kept hold the best one of AC.

    Parameters
    ----------
    topologies:
        Substation -> busbars of its elements in each topology, shape ``(n, n_elements)``: the set
        of which `keep` survive altogether.

    Returns
    -------
    float
        Where the best kept is within `AS_GOOD` of the best of all.
    """
    held = []
    for state in states:
        survivors = _survivors(screen, state, topologies, keep)
        everything = [
            GridAction.of_substation(screen.positions, substation, row, state.topology)
            for substation, busbars in topologies.items()
            for row in busbars
        ]
        loads = [outcome.max_rho for outcome in simulator.evaluate_state(state, everything)]
        after = [outcome.max_rho for outcome in simulator.evaluate_state(state, survivors)]
        if np.isfinite(min(loads)):
            held.append(min(after) <= min(loads) + AS_GOOD)
    return float(np.mean(held)) if held else 0.0


def screened(
    screen: Screen, state: GridState, topologies: dict[int, np.ndarray], keep: int
) -> list[GridAction]:
    """The `keep` topologies with the lowest estimated load, best first.

    Substations in cooldown are left out: there no action is legal.

    Raises
    ------
    PowrlError
        The screening of this grid is not trusted.
    """
    if not screen.trusted:
        raise PowrlError(
            "DC screening may miss the best actions on this grid: measure its recall with "
            "measure_recall, and accept it with Screen.trust."
        )
    return _survivors(screen, state, topologies, keep)


def _survivors(
    screen: Screen, state: GridState, topologies: dict[int, np.ndarray], keep: int
) -> list[GridAction]:
    ranked: list[tuple[float, int, np.ndarray]] = []
    for substation, busbars in topologies.items():
        if state.substation_cooldown[substation] > 0:
            continue
        numbers, loads = screen.best(state, substation, busbars, keep)
        ranked += [
            (float(load), substation, busbars[number])
            for number, load in zip(numbers, loads, strict=True)
        ]
    ranked.sort(key=lambda row: row[0])
    return [
        GridAction.of_substation(screen.positions, substation, row, state.topology)
        for _, substation, row in ranked[:keep]
    ]
