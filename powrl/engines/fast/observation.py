"""What an episode of the stepper shows, under the names that grid2op's observation has."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from grid2op.Exceptions import NoForecastAvailable

from ...player.grid.grid import Grid
from ...player.grid.grid2op_objects import Injections4
from ...player.lookahead.dispatch import Dispatch
from ...player.lookahead.grid_model import Results
from ...player.lookahead.units import Units
from .scenario import Scenario


class SteppedObservation:
    """A snapshot of an episode; each attribute means what it means in grid2op's observation.

    It does not simulate: candidates are evaluated by `powrl.player.lookahead.batch.BatchSimulator`.

    Attributes
    ----------
    last_topology:
        The busbar that each element was last on, shape ``(dim_topo,)`` (grid2op keeps it inside).
    """

    __slots__ = (
        "_dispatch",
        "_foreseen",
        "_grid",
        "_results",
        "_scenario",
        "_units",
        "current_step",
        "last_topology",
        "line_status",
        "rho",
        "thermal_limit",
        "time_before_cooldown_line",
        "time_before_cooldown_sub",
        "time_since_last_attack",
        "timestep_overflow",
        "timestep_protection_engaged",
        "topo_vect",
    )

    current_step: int
    last_topology: np.ndarray
    line_status: np.ndarray
    rho: np.ndarray
    thermal_limit: np.ndarray
    time_before_cooldown_line: np.ndarray
    time_before_cooldown_sub: np.ndarray
    time_since_last_attack: np.ndarray
    timestep_overflow: np.ndarray
    timestep_protection_engaged: np.ndarray
    topo_vect: np.ndarray

    def __init__(
        self,
        grid: Grid,
        scenario: Scenario,
        results: Results,
        dispatch: Dispatch,
        units: Units,
    ) -> None:
        self._grid = grid
        self._scenario = scenario
        self._results = results
        self._dispatch = dispatch
        self._units = units
        self._foreseen: Injections4 | None = None

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"an observation of the episode stepper has no {name!r}; use the engine grid2op."
        )

    @property
    def name_line(self) -> np.ndarray:
        """Name of each line, shape ``(n_line,)``."""
        return self._grid.name_line

    @property
    def name_sub(self) -> np.ndarray:
        """Name of each substation, shape ``(n_sub,)``."""
        return self._grid.name_sub

    @property
    def line_or_to_subid(self) -> np.ndarray:
        """Substation at the origin of each line."""
        return self._grid.line_or_to_subid

    @property
    def line_ex_to_subid(self) -> np.ndarray:
        """Substation at the extremity of each line."""
        return self._grid.line_ex_to_subid

    @property
    def n_line(self) -> int:
        """Number of lines, transformers included."""
        return self._grid.n_line

    @property
    def n_sub(self) -> int:
        """Number of substations."""
        return self._grid.n_sub

    @property
    def n_gen(self) -> int:
        """Number of generators."""
        return self._grid.n_gen

    @property
    def n_load(self) -> int:
        """Number of loads."""
        return self._grid.n_load

    @property
    def dim_topo(self) -> int:
        """Length of ``topo_vect``."""
        return self._grid.dim_topo

    @property
    def max_step(self) -> int:
        """Steps that the episode lasts at most."""
        return self._scenario.n_steps

    @property
    def p_or(self) -> np.ndarray:
        """Active power at the origin of each line (MW)."""
        return self._results.p_or

    @property
    def q_or(self) -> np.ndarray:
        """Reactive power at the origin of each line (MVAr)."""
        return self._results.q_or

    @property
    def gen_p(self) -> np.ndarray:
        """Active power of each generator (MW), the slack's included."""
        return self._results.gen_p

    @property
    def gen_v(self) -> np.ndarray:
        """Voltage of each generator (kV)."""
        return self._results.gen_v

    @property
    def dispatch(self) -> Dispatch:
        """What generators and storage units do beside the time series, to the stepper."""
        return self._dispatch

    @property
    def actual_dispatch(self) -> np.ndarray:
        """What redispatching adds to the production of each generator (MW)."""
        return self._dispatch.actual

    @property
    def target_dispatch(self) -> np.ndarray:
        """What was asked to be added to it (MW)."""
        return self._dispatch.target

    @property
    def dispatch_now(self) -> Dispatch:
        """The dispatch with the production asked of each generator, to the batch."""
        scheduled = self._scenario.actual.gen_p[self.current_step]
        return replace(self._dispatch, production=self._dispatch.production_of(scheduled))

    @property
    def storage_charge(self) -> np.ndarray:
        """Energy in each storage unit (MWh)."""
        return self._dispatch.charge

    @property
    def storage_power(self) -> np.ndarray:
        """Power that each storage unit absorbs (MW; negative: it produces)."""
        return self._dispatch.power

    @property
    def storage_power_target(self) -> np.ndarray:
        """What the last action asked of each storage unit (MW)."""
        return self._dispatch.request

    @property
    def gen_p_before_curtail(self) -> np.ndarray:
        """Power of renewable generators without curtailment (MW), 0 of others."""
        if not self._units.are_known:
            return self.gen_p
        scheduled = self._scenario.actual.gen_p[self.current_step]
        return np.asarray(np.where(self._units.can_curtail, scheduled, np.float32(0.0)))

    @property
    def curtailment(self) -> np.ndarray:
        """What is curtailed of each generator, share of its ``pmax``."""
        units, result = self._units, np.zeros_like(self.gen_p)
        taken = self.gen_p_before_curtail - self.gen_p
        np.divide(taken, units.pmax, out=result, where=units.can_curtail)
        return result

    @property
    def curtailment_limit(self) -> np.ndarray:
        """Limit that actions set, share of ``pmax``; 1: none."""
        return np.asarray(np.minimum(self._dispatch.limits.shares, np.float32(1.0)))

    @property
    def curtailment_limit_effective(self) -> np.ndarray:
        """Limit that is kept, share of ``pmax``; 1: none."""
        units, result = self._units, self.curtailment_limit
        acts = units.can_curtail & (self.gen_p_before_curtail != self.gen_p)
        np.divide(self.gen_p, units.pmax, out=result, where=acts)
        return result

    @property
    def load_p(self) -> np.ndarray:
        """Active power of each load (MW)."""
        return np.asarray(self._scenario.actual.load_p[self.current_step])

    @property
    def load_q(self) -> np.ndarray:
        """Reactive power of each load (MVAr)."""
        return np.asarray(self._scenario.actual.load_q[self.current_step])

    @property
    def time_next_maintenance(self) -> np.ndarray:
        """Steps until the next maintenance of each line; 0: under way, -1: none."""
        return self._by_line(self._scenario.maintenance.until, -1)

    @property
    def duration_next_maintenance(self) -> np.ndarray:
        """Steps that the next maintenance of each line lasts, or goes on for."""
        return self._by_line(self._scenario.maintenance.duration, 0)

    def get_time_stamp(self) -> datetime:
        """Date and time."""
        return self._scenario.start + self.current_step * self._scenario.interval

    def get_forecasted_inj(self, time_step: int = 1) -> Injections4:
        """gen_p, gen_v, load_p and load_q, now (0) or forecast for the next step (1)."""
        if time_step == 0:
            return self.gen_p, self.gen_v, self.load_p, self.load_q
        forecast, now = self._scenario.forecast, self.current_step
        if time_step > 1:
            raise NoForecastAvailable(f"there is no forecast for {time_step} steps ahead.")
        if self._foreseen is not None:
            return self._foreseen
        gen_v = self.gen_v if forecast.gen_v is None else forecast.gen_v[now]
        return forecast.gen_p[now], gen_v, forecast.load_p[now], forecast.load_q[now]

    def foreseeing(self, injections: Injections4) -> SteppedObservation:
        """A copy whose forecast for the next step are these injections."""
        twin = copy(self)
        twin._foreseen = injections
        return twin

    def _by_line(self, values: np.ndarray, otherwise: int) -> np.ndarray:
        result = np.full(self._grid.n_line, otherwise, dtype=np.int32)
        result[self._scenario.maintenance.lines] = values[self.current_step]
        return result
