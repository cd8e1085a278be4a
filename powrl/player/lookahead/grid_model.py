"""lightsim2grid's grid model without grid2op around it: push a state, solve it, read currents.

It is driven as ``lightsim2grid.LightSimBackend`` drives it, so that a power flow converges, or does
not, where grid2op's does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import PowrlError, count
from ..grid.grid2op_objects import Backend
from ..grid.positions import Positions
from ..grid.reductions import all_hold, any_hold
from ..grid2op_internals import (
    detaches_elements,
    ends_on_disconnection,
    grid_model_of,
    has_distributed_slack,
)


@dataclass(frozen=True, eq=False)
class Injections:
    """What generators and loads do, as grid2op's time series give it.

    Attributes
    ----------
    gen_p, gen_v:
        Active power (MW) and voltage (kV) of each generator, shape ``(n_gen,)``, float32.
    load_p, load_q:
        Active and reactive power of each load (MW, MVAr), shape ``(n_load,)``, float32.
    storage_p:
        Active power that each storage unit absorbs (MW), shape ``(n_storage,)``, float32; empty:
        all are idle.
    """

    gen_p: np.ndarray
    gen_v: np.ndarray
    load_p: np.ndarray
    load_q: np.ndarray
    storage_p: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    def scaled(self, share: float) -> Injections:
        """A share of all generators and loads, beside the same storage units."""
        factor = np.float32(share)
        return replace(
            self,
            gen_p=self.gen_p * factor,
            load_p=self.load_p * factor,
            load_q=self.load_q * factor,
        )


class Results:
    """What lines and generators do, float32, rounded as grid2op rounds it; not to be written to.

    Parameters
    ----------
    values:
        All of `p_or`, `q_or`, `a_or`, `gen_p` and `gen_v` in this order, shape
        ``(3 * n_line + 2 * n_gen,)``, float32.
    n_line:
        Number of lines.
    """

    __slots__ = ("_n_line", "_values")

    def __init__(self, values: np.ndarray, n_line: int) -> None:
        self._values, self._n_line = values, n_line

    @property
    def p_or(self) -> np.ndarray:
        """Active power at the origin of each line (MW), shape ``(n_line,)``."""
        return self._values[: self._n_line]

    @property
    def q_or(self) -> np.ndarray:
        """Reactive power at the origin of each line (MVAr), shape ``(n_line,)``."""
        return self._values[self._n_line : 2 * self._n_line]

    @property
    def a_or(self) -> np.ndarray:
        """Current at the origin of each line (A), shape ``(n_line,)``."""
        return self._values[2 * self._n_line : 3 * self._n_line]

    @property
    def gen_p(self) -> np.ndarray:
        """Active power of each generator (MW), shape ``(n_gen,)``."""
        start = 3 * self._n_line
        return self._values[start : (start + len(self._values)) // 2]

    @property
    def gen_v(self) -> np.ndarray:
        """Voltage of each generator (kV), shape ``(n_gen,)``."""
        return self._values[(3 * self._n_line + len(self._values)) // 2 :]


class GridModel:
    """A grid of its own: nothing that is done here reaches the environment it was taken from.

    Parameters
    ----------
    backend:
        A ``LightSimBackend`` that has been reset.

    Raises
    ------
    PowrlError
        The backend is another one, or one with features that are not played here.
    """

    def __init__(self, backend: Backend) -> None:
        reason = not_covered(backend)
        if reason is not None:
            raise PowrlError(f"the grid model of lightsim2grid cannot be used: {reason}.")
        grid: Any = type(backend)
        self.positions = Positions.from_grid2op(grid)
        self.lsgrid = grid_model_of(backend).copy()
        self.algorithm = backend.get_current_algo_type()
        self.lsgrid.change_algorithm(self.algorithm)
        self.max_iterations, self.tolerance = backend.max_it, backend.tol
        self.volts_per_unit = np.array(backend.prod_pu_to_kv)
        self.flat = np.ones(self.lsgrid.total_bus(), dtype=complex)
        self._every_gen = np.ones(grid.n_gen, dtype=bool)
        self._every_load = np.ones(grid.n_load, dtype=bool)
        self._topology = np.array(backend.topo_vect, dtype=np.int32)
        self._voltages = self.flat
        self._known_to_feed_all = False
        self._storage_power = np.zeros(grid.n_storage, dtype=np.float32)
        self._is_storing = grid.n_storage > 0  # the backend may have been left with some power

    def again(self, backend: Backend) -> GridModel:
        """The grid as the same backend has it now, after another reset."""
        other = self._with(grid_model_of(backend))
        other._topology = np.array(backend.topo_vect, dtype=np.int32)
        other._voltages = self.flat
        other._known_to_feed_all = False
        other._storage_power = np.zeros_like(self._storage_power)
        other._is_storing = len(self._storage_power) > 0
        return other

    def copy(self) -> GridModel:
        """An independent grid in the same state."""
        return self._with(self.lsgrid)

    def _with(self, lsgrid: Any) -> GridModel:
        other = object.__new__(GridModel)
        other.__dict__.update(self.__dict__)
        other.lsgrid = lsgrid.copy()
        other.lsgrid.change_algorithm(self.algorithm)
        return other

    def set_injections(self, injections: Injections) -> None:
        """Push what generators, loads and storage units do."""
        self.set_injections_per_unit(
            injections.gen_p,
            injections.gen_v / self.volts_per_unit,
            injections.load_p,
            injections.load_q,
        )
        self.set_storage_power(injections.storage_p)

    def set_injections_per_unit(
        self,
        gen_p: np.ndarray,
        gen_v: np.ndarray | None,
        load_p: np.ndarray,
        load_q: np.ndarray,
    ) -> None:
        """The same with the generators' voltages in per unit, or None to leave them as they are."""
        grid = self.lsgrid
        grid.update_gens_p(self._every_gen, gen_p)
        if gen_v is not None:
            grid.update_gens_v(self._every_gen, gen_v)
        grid.update_loads_p(self._every_load, load_p)
        grid.update_loads_q(self._every_load, load_q)

    def set_storage_power(self, power: np.ndarray) -> None:
        """Push what storage units absorb (MW), shape ``(n_storage,)``; empty: nothing.

        It reaches those that the topology connects.
        """
        if not len(self._storage_power):  # there are no units
            return
        stores = bool(power.any())
        if not stores and not self._is_storing:
            return
        is_on = self._topology[self.positions.storage] > 0
        self._storage_power = power if stores else np.zeros(len(is_on), dtype=np.float32)
        self.lsgrid.update_storages_p(is_on, self._storage_power)
        # a unit that is out keeps its old power until it can be told
        self._is_storing = stores or not is_on.all()

    def set_topology(self, topology: np.ndarray) -> None:
        """Push a topology, shape ``(dim_topo,)``, int32."""
        changed = topology != self._topology
        if any_hold(changed):
            self.lsgrid.update_topo(changed, topology)
            self._topology = topology.copy()
            self._known_to_feed_all = False

    def solve(self, warm: bool = False) -> bool:
        """Run the AC power flow; False where grid2op ends the episode.

        That is where it diverges, the grid is split, or a load or generator is disconnected.

        Parameters
        ----------
        warm:
            Start from the last solution, which is faster; else, and where that fails, from a DC
            power flow as ``LightSimBackend`` does.
        """
        grid = self.lsgrid
        try:
            voltages = self._power_flow(warm)
        except RuntimeError:  # of a grid without its slack, for one: no solution to grid2op either
            grid.reactivate_result_computation()
            voltages = np.empty(0)
        if not len(voltages):
            grid.tell_solver_need_reset()
            self._voltages = self.flat
            return False
        self._voltages = voltages
        self._known_to_feed_all = self._known_to_feed_all or self._feeds_all()
        return self._known_to_feed_all and self._feeds_storage()

    def _power_flow(self, warm: bool) -> np.ndarray:
        """Complex voltages of all buses, or none where there is no solution."""
        grid, limits = self.lsgrid, (self.max_iterations, self.tolerance)
        if warm:
            voltages: np.ndarray = grid.ac_pf(self._voltages, *limits)
            if len(voltages):
                return voltages
        grid.deactivate_result_computation()
        start: np.ndarray = grid.dc_pf(self.flat, *limits)
        grid.reactivate_result_computation()
        return np.asarray(grid.ac_pf(start, *limits)) if len(start) else start

    def _feeds_all(self) -> bool:
        """Whether each load and generator is on a busbar with a voltage: the topology tells."""
        topology = self._topology
        if any_hold(topology[self.positions.load] < 0) or any_hold(
            topology[self.positions.generator] < 0
        ):
            return False
        load_v, gen_v = self.lsgrid.get_loads_res()[2], self.lsgrid.get_gen_res()[2]
        return all_hold(load_v > 0) and all_hold(gen_v > 0)  # false for NaN, too

    def _feeds_storage(self) -> bool:
        """Whether each storage unit in use is on a busbar with a voltage."""
        if not self._is_storing:
            return True
        used = self._storage_power != 0
        is_on = self._topology[self.positions.storage] > 0
        return bool((is_on & (self.lsgrid.get_storages_res()[2] > 0))[used].all())

    def start_from(self, voltages: np.ndarray) -> None:
        """Take complex voltages of all buses, shape ``(n_bus,)``, for the last solution."""
        self._voltages = voltages

    @property
    def is_storing(self) -> bool:
        """Whether a storage unit is in use, or may still be."""
        return bool(self._is_storing)

    @property
    def voltages(self) -> np.ndarray:
        """Complex voltages of all buses in per unit, shape ``(n_bus,)``, of the last solution."""
        return self._voltages

    @property
    def is_slack(self) -> np.ndarray:
        """Which generators balance the grid, shape ``(n_gen,)``."""
        return np.array([generator.is_slack for generator in self.lsgrid.get_generators()])

    def buses(self, topology: np.ndarray) -> np.ndarray:
        """The bus of each element: busbars 1 of all substations, then 2; of a topology, or of many.

        An element that is out is given the first.
        """
        positions = self.positions
        return np.asarray(positions.substation + positions.n_sub * (topology == 2))

    def distribution_factors(self) -> np.ndarray:
        """Power through each line per power injected at each bus, ``(n_line, n_bus)`` (DC)."""
        self.lsgrid.dc_pf(self.flat, self.max_iterations, self.tolerance)
        return np.asarray(self.lsgrid.get_ptdf())

    def currents(self) -> np.ndarray:
        """Current at the origin of each line (A), shape ``(n_line,)``, float32."""
        parts = (self.lsgrid.get_line_res1()[3], self.lsgrid.get_trafo_res1()[3])
        result = np.concatenate(parts, dtype=np.float32, casting="same_kind")
        result *= 1000  # kA
        return result

    def results(self) -> Results:
        """What lines and generators do by the last power flow."""
        grid, n_line = self.lsgrid, self.positions.n_line
        line, trafo = grid.get_line_res1(), grid.get_trafo_res1()
        active, _, voltage = grid.get_gen_res()
        # one array for all: what costs time here is the number of small arrays
        parts = (line[0], trafo[0], line[1], trafo[1], line[3], trafo[3], active, voltage)
        values = np.concatenate(parts, dtype=np.float32, casting="same_kind")
        values[2 * n_line : 3 * n_line] *= 1000  # kA
        values.flags.writeable = False
        return Results(values, n_line)


def not_covered(backend: Backend) -> str | None:
    """Why a backend's grid model cannot stand for it, or None where it can."""
    reason = not_modelled(backend)
    if reason is not None:
        return reason
    if not is_lightsim(backend):
        return f"the backend is {type(backend).__name__}, not LightSimBackend"
    reasons = {
        "loads and generators may be detached": detaches_elements(backend),
        "the slack is distributed": has_distributed_slack(backend),
        "the backend was made with its own start of the power flow or rules of game over": not (
            backend.initdc and ends_on_disconnection(backend)
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def not_modelled(backend: Backend) -> str | None:
    """Why no grid model can stand for what a backend of any kind plays, or None where one can."""
    try:
        from lightsim2grid.lightsim2grid_cpp import ScenarioSweepCPP  # noqa: F401  (since 1.2)
    except ImportError:
        return "lightsim2grid is missing or older than 1.2"
    grid: Any = type(backend)
    if grid.n_busbar_per_sub != 2:
        return f"substations have {count(grid.n_busbar_per_sub, 'busbar')}, not 2"
    return "loads and generators may be detached" if grid.detachment_is_allowed else None


def is_lightsim(backend: Backend) -> bool:
    """Whether a backend is lightsim2grid's."""
    from lightsim2grid import LightSimBackend

    return isinstance(backend, LightSimBackend)
