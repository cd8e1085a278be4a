"""How line loads answer to generators: the derivative of the power flow at its solution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from .grid_model import GridModel
from .outage_slopes import Branches, LineSlopes, OutageFlow, OutageSlopes
from .outages import OutageSweep
from .state import GridState

STATES_TOGETHER = 32
"""So many are solved together at most."""

LIGHTER_LOADS = (0.9, 0.8, 0.7, 0.6)
"""Shares of all injections at which a solution is looked for where the whole of them has none."""

FLOWS_KEPT = 16
"""Of how many topologies what their power flows share is kept, and of how many sets of states which
lines are out in them."""

Value = TypeVar("Value")


class Sensitivity(NamedTuple):
    """Line loads, and how they answer to generators and storage units.

    Attributes
    ----------
    rho:
        Share of the thermal limit, shape ``(n_line,)``.
    slopes:
        The same per MW that each generator and each storage unit produces; the slope of the slack
        is 0, since it balances the others.
    """

    rho: np.ndarray
    slopes: LineSlopes


class GeneratorSensitivity:
    """Line loads, and their change per MW of each generator against the slack.

    Parameters
    ----------
    grid:
        It is worked on, so give a copy.
    generators, storage:
        Numbers of the generators, and of the storage units.
    """

    def __init__(
        self, grid: GridModel, generators: np.ndarray, storage: Sequence[int] | np.ndarray = ()
    ) -> None:
        units = np.asarray(storage, dtype=int)
        self._grid = grid
        self._places = np.append(
            grid.positions.generator[generators], grid.positions.storage[units]
        )
        self._is_slack = np.append(grid.is_slack[generators], np.zeros(len(units), dtype=bool))
        self._ends = np.stack((grid.positions.origin, grid.positions.extremity))
        self._branches = Branches(grid.lsgrid)
        self._flows: dict[bytes, OutageFlow] = {}
        self._known_lines_out: dict[bytes, tuple[np.ndarray, np.ndarray, list[int]]] = {}

    def at(self, state: GridState) -> Sensitivity | None:
        """Loads and slopes at a state, or None where its power flow has no solution."""
        topology = state.topology_in_maintenance(self._grid.positions)
        if not self._solve(state, topology):
            return None
        start, none_out = self._grid.voltages, np.zeros((1, self._ends.shape[1]), dtype=bool)
        flow = self._flow(state, topology, none_out, is_solved=True)
        assert flow is not None
        answer = OutageSlopes(flow, state.injections, state.thermal_limits, start)
        return Sensitivity(answer.rho[0], LineSlopes(answer)) if answer.solved[0] else None

    def estimate(self, state: GridState) -> Sensitivity | None:
        """Loads and slopes where the power flow has no solution, in proportion to a lighter load.

        None where `LIGHTER_LOADS` have no solution either.
        """
        for share in LIGHTER_LOADS:
            answer = self.at(state.with_injections(state.injections.scaled(share)))
            if answer is not None:
                return Sensitivity(answer.rho / share, answer.slopes)
        return None

    def at_many(self, states: Sequence[GridState]) -> Iterator[Sensitivity | None]:
        """The same for each state, in order.

        States with the same injections that differ in lines out alone, as those with contingencies
        do, take less time together.
        """
        for first in range(0, len(states), STATES_TOGETHER):
            yield from self._together(states[first : first + STATES_TOGETHER])

    def _together(self, states: Sequence[GridState]) -> list[Sensitivity | None]:
        """The answers of up to `STATES_TOGETHER` states."""
        answers: list[Sensitivity | None] = [None] * len(states)
        for number, answer in self._with_lines_out(states):
            answers[number] = answer
        return [
            self.at(state) if answer is None else answer for state, answer in zip(states, answers)
        ]

    def _with_lines_out(self, states: Sequence[GridState]) -> Iterator[tuple[int, Sensitivity]]:
        """Numbers and answers of those states that are one topology without some lines."""
        first = states[0]
        alike = [
            number
            for number, state in enumerate(states)
            if state.injections is first.injections
            and state.maintenance_in is first.maintenance_in
            and state.thermal_limits is first.thermal_limits
        ]
        if len(alike) < 2:
            return
        topologies = np.array([states[number].topology for number in alike])
        whole, out, members = self._lines_out(topologies, first.maintenance)
        flow = self._flow(first, whole, out) if len(members) > 1 else None
        if flow is None:
            return
        outages = OutageSlopes(flow, first.injections, first.thermal_limits)
        for row, member in enumerate(members):
            if outages.solved[row]:
                number = alike[member]
                slopes = LineSlopes(outages, row, partial(self._alone, states[number]))
                yield number, Sensitivity(outages.rho[row], slopes)

    def _lines_out(
        self, topologies: np.ndarray, maintenance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """One topology, lines out of it, and those of some topologies that it is without them.

        They come in an order of their own, since what was prepared serves the same lines again.
        """
        key = topologies.tobytes() + maintenance.tobytes()
        before = self._known_lines_out.get(key)
        if before is not None:
            return before
        topologies[:, self._ends[:, maintenance]] = -1
        whole = np.where(topologies[0] > 0, topologies[0], topologies.max(axis=0))
        connected, at_extremity = (topologies.take(ends, axis=1) > 0 for ends in self._ends)
        out = (whole[self._ends[0]] > 0) & ~connected
        alike = (topologies != whole).sum(axis=1) == 2 * out.sum(axis=1)
        alike &= (connected == at_extremity).all(axis=1)
        members = sorted(np.flatnonzero(alike).tolist(), key=lambda member: out[member].tobytes())
        return _keep(self._known_lines_out, key, (whole, out[members], members))

    def _alone(self, state: GridState) -> LineSlopes:
        """The slopes of a state that has a solution."""
        answer = self.at(state)
        assert answer is not None
        return answer.slopes

    def _solve(self, state: GridState, topology: np.ndarray) -> bool:
        self._grid.set_topology(topology)
        self._grid.set_injections(state.injections)
        return self._grid.solve()

    def _flow(
        self, state: GridState, topology: np.ndarray, out: np.ndarray, is_solved: bool = False
    ) -> OutageFlow | None:
        """What power flows with lines out share; None: with all the lines there is no solution."""
        key = topology.tobytes() + out.tobytes()
        stores = bool(state.injections.storage_p.any())  # that of a sweep stays
        flow = None if stores else self._flows.get(key)
        if flow is not None:
            return flow
        if not (is_solved or self._solve(state, topology)):
            return None
        grid, buses = self._grid, self._grid.buses(topology)
        sources = np.where(self._is_slack, -1, buses[self._places])
        sweep = OutageSweep(grid, out, state.injections.storage_p, not stores)
        factors = grid.distribution_factors()
        flow = OutageFlow(sweep, out, self._branches, buses[self._ends], sources, factors)
        return flow if stores else _keep(self._flows, key, flow)


def _keep(cache: dict[bytes, Value], key: bytes, value: Value) -> Value:
    """The value, which is kept with the last ones."""
    if len(cache) == FLOWS_KEPT:
        cache.clear()
    cache[key] = value
    return value
