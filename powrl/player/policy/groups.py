"""The groups of features that powrl has; each is one function. Values are raw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List

import numpy as np

from ..grid.grid2op_objects import GridSizes
from ..grid.observation import Observation

MAINTENANCE_HORIZON = 288
"""Steps (one day) beyond which a maintenance is as good as none."""

Reader = Callable[[Observation], List[np.ndarray]]


@dataclass(frozen=True)
class Group:
    """A group of features.

    Attributes
    ----------
    read:
        Reads the arrays of the group from an observation.
    size:
        Counts the features of the group on a grid.
    unit:
        Unit of the values; one for each array, separated by commas, where they differ.
    """

    read: Reader
    size: Callable[[GridSizes], int]
    unit: str


GROUPS: dict[str, Group] = {}
"""Name of a group -> the group."""


def group(name: str, size: Callable[[GridSizes], int], unit: str) -> Callable[[Reader], Reader]:
    """Register a function as a group of features.

    Examples
    --------
    >>> @group("load_p", size=lambda grid: grid.n_load, unit="MW")
    ... def _load_p(observation):
    ...     return [observation.load_p]
    >>> GROUPS.pop("load_p").unit
    'MW'
    """

    def register(read: Reader) -> Reader:
        GROUPS[name] = Group(read, size, unit)
        return read

    return register


@group("line_load", size=lambda grid: grid.n_line, unit="share of the thermal limit")
def _line_load(observation: Observation) -> list[np.ndarray]:
    """Load of each line (rho)."""
    return [observation.rho]


@group("flow", size=lambda grid: 2 * grid.n_line, unit="MW, MVAr")
def _flow(observation: Observation) -> list[np.ndarray]:
    """Active and reactive power at the origin of each line."""
    return [observation.p_or, observation.q_or]


@group("generation", size=lambda grid: grid.n_gen, unit="MW")
def _generation(observation: Observation) -> list[np.ndarray]:
    """Active power of each generator."""
    return [observation.gen_p]


@group("load", size=lambda grid: 2 * grid.n_load, unit="MW, MVAr")
def _load(observation: Observation) -> list[np.ndarray]:
    """Active and reactive power of each load."""
    return [observation.load_p, observation.load_q]


@group("topology", size=lambda grid: grid.dim_topo, unit="busbar")
def _topology(observation: Observation) -> list[np.ndarray]:
    """Busbar of each element: 1, 2, or -1 where it is disconnected."""
    return [observation.topo_vect]


@group("cooldown", size=lambda grid: grid.n_line + grid.n_sub, unit="steps")
def _cooldown(observation: Observation) -> list[np.ndarray]:
    """Steps before each line, and each substation, can be acted on again."""
    return [observation.time_before_cooldown_line, observation.time_before_cooldown_sub]


@group("overflow", size=lambda grid: grid.n_line, unit="steps")
def _overflow(observation: Observation) -> list[np.ndarray]:
    """Steps for which each line has been over its limit."""
    return [observation.timestep_overflow]


@group("maintenance", size=lambda grid: 2 * grid.n_line, unit="steps")
def _maintenance(observation: Observation) -> list[np.ndarray]:
    """Steps until the next maintenance of each line, and its duration.

    `MAINTENANCE_HORIZON` also stands for no maintenance.
    """
    until = np.asarray(observation.time_next_maintenance)
    until = np.where(until < 0, MAINTENANCE_HORIZON, np.minimum(until, MAINTENANCE_HORIZON))
    return [until, observation.duration_next_maintenance]


@group("time", size=lambda _: 4, unit="none")
def _time(observation: Observation) -> list[np.ndarray]:
    """Sine and cosine of the time of day, and of the day of the year."""
    date = observation.get_time_stamp().timetuple()
    day = 2 * np.pi * (date.tm_hour * 60 + date.tm_min) / 1440
    year = 2 * np.pi * date.tm_yday / 366
    return [np.array([np.sin(day), np.cos(day), np.sin(year), np.cos(year)])]


@group("forecast", size=lambda grid: grid.n_load + grid.n_gen, unit="MW")
def _forecast(observation: Observation) -> list[np.ndarray]:
    """Active power of each load and generator, forecast for the next step."""
    gen_p, _, load_p, _ = observation.get_forecasted_inj(1)
    return [load_p, gen_p]
