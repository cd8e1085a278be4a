"""The state from which candidate actions are evaluated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..grid.observation import Observation
from ..grid.positions import Positions
from ..grid.reductions import any_hold, highest
from ..grid2op_internals import remembered_topology
from .grid_model import Injections


@dataclass(frozen=True, eq=False)
class GridState:
    """All that the outcome of a topology action depends on.

    Attributes
    ----------
    topology:
        ``topo_vect``, shape ``(dim_topo,)``, int32.
    last_topology:
        The busbar that each element was last on, shape ``(dim_topo,)``.
    injections:
        What generators and loads will do.
    line_cooldown, substation_cooldown:
        Steps before lines and substations can be acted on again.
    overflow_steps:
        Steps for which the protection of each line has been counting
        (``timestep_protection_engaged``), shape ``(n_line,)``.
    thermal_limits:
        Limit of each line (A), shape ``(n_line,)``, float32.
    maintenance_in, maintenance_lasts:
        Steps until the planned maintenance of each line, counted from when the action is played
        (0: under way then, -1: none), and the steps that it lasts from then on, ``(n_line,)``.
    """

    topology: np.ndarray
    last_topology: np.ndarray
    injections: Injections
    line_cooldown: np.ndarray
    substation_cooldown: np.ndarray
    overflow_steps: np.ndarray
    thermal_limits: np.ndarray
    maintenance_in: np.ndarray
    maintenance_lasts: np.ndarray

    @classmethod
    def from_observation(cls, observation: Observation) -> GridState:
        """The state of an observation, at the injections forecast for the next step.

        Parameters
        ----------
        observation:
            An observation of grid2op or of the episode stepper.

        Raises
        ------
        grid2op.Exceptions.NoForecastAvailable
            Nothing is forecast; `powrl.player.grid.forecasts.with_forecast` mends that.
        """
        plan = (observation.time_next_maintenance, observation.duration_next_maintenance)
        ahead, lasts = maintenance_a_step_on(*map(np.asarray, plan))
        forecast = observation.get_forecasted_inj(1)
        return cls(
            topology=np.array(observation.topo_vect, dtype=np.int32),
            last_topology=last_topology(observation),
            injections=Injections(*(np.array(values, dtype=np.float32) for values in forecast)),
            line_cooldown=np.asarray(observation.time_before_cooldown_line),
            substation_cooldown=np.asarray(observation.time_before_cooldown_sub),
            overflow_steps=np.asarray(observation.timestep_protection_engaged),
            thermal_limits=np.asarray(observation.thermal_limit, dtype=np.float32),
            maintenance_in=ahead,
            maintenance_lasts=lasts,
        )

    @property
    def maintenance(self) -> np.ndarray:
        """Lines that are in maintenance when the action is played, shape ``(n_line,)``, bool."""
        return np.asarray(self.maintenance_in == 0)

    def topology_in_maintenance(self, positions: Positions) -> np.ndarray:
        """A copy of the topology, the lines in maintenance taken out."""
        topology, maintenance = self.topology.copy(), self.maintenance
        if any_hold(maintenance):
            topology[positions.origin[maintenance]] = -1
            topology[positions.extremity[maintenance]] = -1
        return topology

    def with_topology(self, topology: np.ndarray) -> GridState:
        """The same state with another topology, as after a step of a sequence."""
        last = np.where(topology > 0, topology, self.last_topology)
        return self._with(topology=np.asarray(topology, dtype=np.int32), last_topology=last)

    def nominal(self) -> GridState:
        """The same state with no substation split; lines that are out stay out."""
        return self.with_topology(np.where(self.topology == 2, 1, self.topology))

    def without_line(self, positions: Positions, *lines: int) -> GridState:
        """The same state with a line out (a contingency), or with several."""
        topology = self.topology.copy()
        for line in lines:
            topology[positions.origin[line]] = topology[positions.extremity[line]] = -1
        return self._with(topology=topology)

    def without_each(self, positions: Positions, lines: np.ndarray) -> list[GridState]:
        """The same state without each of some lines, one after the other (contingencies)."""
        topologies, rows = np.repeat(self.topology[None], len(lines), axis=0), np.arange(len(lines))
        topologies[rows, positions.origin[lines]] = -1
        topologies[rows, positions.extremity[lines]] = -1
        return [self._with(topology=topology) for topology in topologies]

    def without_cooldowns(self) -> GridState:
        """The same state where everything may be acted on at once, as by an opponent."""
        return self._with(
            line_cooldown=np.zeros_like(self.line_cooldown),
            substation_cooldown=np.zeros_like(self.substation_cooldown),
        )

    def with_limits(self, thermal_limits: np.ndarray) -> GridState:
        """The same state with other thermal limits of the lines (A), shape ``(n_line,)``."""
        return self._with(thermal_limits=thermal_limits)

    def with_injections(self, injections: Injections) -> GridState:
        """The same state with other injections."""
        return self._with(injections=injections)

    def _with(self, **parts: np.ndarray | Injections) -> GridState:
        """What ``dataclasses.replace`` gives, in a fifth of its time."""
        other = object.__new__(GridState)
        other.__dict__.update(self.__dict__, **parts)
        return other

    def line_status(self, positions: Positions) -> np.ndarray:
        """Which lines are connected, shape ``(n_line,)``, bool."""
        return np.asarray(self.topology[positions.origin] > 0)


def maintenance_a_step_on(ahead: np.ndarray, lasts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps until planned maintenance and its duration, a step later.

    Parameters
    ----------
    ahead, lasts:
        ``time_next_maintenance`` and ``duration_next_maintenance``.
    """
    if highest(ahead) < 0:  # nothing is planned
        return ahead, lasts
    under_way = ahead == 0
    lasts = lasts - under_way
    return np.where(under_way & (lasts > 0), 0, np.maximum(ahead - 1, -1)), lasts


def last_topology(observation: Observation) -> np.ndarray:
    """The busbar that each element was last on, which grid2op keeps with its observations."""
    if hasattr(observation, "last_topology"):
        return np.asarray(observation.last_topology)
    remembered = remembered_topology(observation)
    now = np.asarray(observation.topo_vect)
    return np.asarray(np.where(now > 0, now, remembered))
