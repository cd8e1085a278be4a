"""How line loads answer to generators: the derivative of the power flow at its solution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .grid_model import GridModel
from .outages import OutageSweep
from .state import GridState

if TYPE_CHECKING:
    from .linear_flow import LinearFlow

STATES_TOGETHER = 32
"""So many are solved together at most."""

LIGHTER_LOADS = (0.9, 0.8, 0.7, 0.6)
"""Shares of all injections at which a solution is looked for where the whole of them has none."""

MODELS_KEPT = 16
"""Of how many topologies the linear model is kept."""


class Sensitivity(NamedTuple):
    """Line loads, and how they answer to generators and storage units.

    Attributes
    ----------
    rho:
        Share of the thermal limit, shape ``(n_line,)``.
    slopes:
        The same per MW that each generator and each storage unit produces, shape
        ``(n_line, n_generators + n_storage)``; the slope of the slack is 0, since it balances the
        others.
    """

    rho: np.ndarray
    slopes: np.ndarray


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
        from .linear_flow import Branches

        units = np.asarray(storage, dtype=int)
        self._grid = grid
        self._places = np.append(
            grid.positions.generator[generators], grid.positions.storage[units]
        )
        self._is_slack = np.append(grid.is_slack[generators], np.zeros(len(units), dtype=bool))
        self._ends = np.stack((grid.positions.origin, grid.positions.extremity))
        self._branches = Branches(grid.lsgrid)
        self._models: dict[bytes, LinearFlow] = {}
        self._sweeps: dict[bytes, tuple[OutageSweep, LinearFlow]] = {}

    def at(self, state: GridState) -> Sensitivity | None:
        """Loads and slopes at a state, or None where its power flow has no solution."""
        topology = state.topology_in_maintenance(self._grid.positions)
        if not self._solve(state, topology):
            return None
        connected = (topology[self._ends] > 0).all(axis=0)
        model = self._model(self._grid.buses(topology))
        return _linearised(model, [state], self._grid.voltages[None], connected[None])[0]

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
        first = states[0]
        topologies = np.array([state.topology for state in states])
        topologies[:, self._ends[:, first.maintenance]] = -1
        whole = topologies.max(axis=0)
        connected, at_extremity = (topologies.take(ends, axis=1) > 0 for ends in self._ends)
        out = (whole[self._ends[0]] > 0) & ~connected
        alike = (topologies != whole).sum(axis=1) == 2 * out.sum(axis=1)
        alike &= (connected == at_extremity).all(axis=1)
        alike &= [
            state.injections is first.injections and state.maintenance_in is first.maintenance_in
            for state in states
        ]
        answers: dict[int, Sensitivity | None] = {}
        if alike.sum() > 1:
            shared = self._shared(first, whole, out)
            if shared is not None:
                sweep, model = shared
                voltages, solved = sweep.solve(first.injections)
                chosen = np.flatnonzero(alike & solved)
                linear = _linearised(
                    model,
                    [states[number] for number in chosen.tolist()],
                    voltages[chosen],
                    connected[chosen],
                )
                answers = dict(zip(chosen.tolist(), linear))
        return [
            answers[number] if number in answers else self.at(state)
            for number, state in enumerate(states)
        ]

    def _shared(
        self, state: GridState, whole: np.ndarray, out: np.ndarray
    ) -> tuple[OutageSweep, LinearFlow] | None:
        """What the power flows without lines share; None: the grid with them has no solution."""
        key = whole.tobytes() + out.tobytes()
        if key not in self._sweeps:
            if not self._solve(state, whole):
                return None
            if len(self._sweeps) == MODELS_KEPT:
                self._sweeps.clear()
            model = self._model(self._grid.buses(whole))
            self._sweeps[key] = OutageSweep(self._grid, out), model
        return self._sweeps[key]

    def _solve(self, state: GridState, topology: np.ndarray) -> bool:
        self._grid.set_topology(topology)
        self._grid.set_injections(state.injections)
        return self._grid.solve()

    def _model(self, buses: np.ndarray) -> LinearFlow:
        """The linear model of the topology that was solved last."""
        from .linear_flow import LinearFlow

        controlled, free = self._grid.bus_kinds()
        key = b"".join(part.tobytes() for part in (buses, controlled, free))
        if key not in self._models:
            if len(self._models) == MODELS_KEPT:
                self._models.clear()
            sources = np.where(self._is_slack, -1, buses[self._places])
            self._models[key] = LinearFlow(
                self._branches, buses[self._ends], controlled, free, sources
            )
        return self._models[key]


def _linearised(
    model: LinearFlow, states: Sequence[GridState], voltages: np.ndarray, connected: np.ndarray
) -> list[Sensitivity]:
    """Loads and slopes at solutions, shape ``(n, n_bus)``, with lines, ``(n, n_line)``."""
    if not states:
        return []
    limits = np.array([state.thermal_limits for state in states], dtype=float)
    return list(map(Sensitivity, *model.current_slopes(voltages, connected, limits)))
