"""The observation as a feature vector, chosen from named groups.

| group | features | unit |
|---|---|---|
| ``line_load`` | load of each line (rho) | share of the thermal limit |
| ``flow`` | active and reactive power at the origin of each line | MW, MVAr |
| ``generation`` | active power of each generator | MW |
| ``load`` | active and reactive power of each load | MW, MVAr |
| ``topology`` | busbar of each element: 1, 2, or -1 when disconnected | - |
| ``cooldown`` | steps before each line, and each substation, can be acted on again | steps |
| ``overflow`` | steps for which each line has been over its limit | steps |
| ``maintenance`` | steps until the next maintenance of each line (at most 288, which also \
stands for none), and its duration | steps |
| ``time`` | sine and cosine of the time of day and of the day of the year | - |
| ``forecast`` | active power of each load and generator forecast for the next step | MW |

Values are raw here; `powrl.player.policy.network.Policy` normalises them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import PowrlError

MAINTENANCE_HORIZON = 288
"""Steps (one day) beyond which a maintenance is as good as none."""


def _line_load(observation: Any) -> list[np.ndarray]:
    return [observation.rho]


def _flow(observation: Any) -> list[np.ndarray]:
    return [observation.p_or, observation.q_or]


def _generation(observation: Any) -> list[np.ndarray]:
    return [observation.gen_p]


def _load(observation: Any) -> list[np.ndarray]:
    return [observation.load_p, observation.load_q]


def _topology(observation: Any) -> list[np.ndarray]:
    return [observation.topo_vect]


def _cooldown(observation: Any) -> list[np.ndarray]:
    return [observation.time_before_cooldown_line, observation.time_before_cooldown_sub]


def _overflow(observation: Any) -> list[np.ndarray]:
    return [observation.timestep_overflow]


def _maintenance(observation: Any) -> list[np.ndarray]:
    until = np.asarray(observation.time_next_maintenance)
    until = np.where(until < 0, MAINTENANCE_HORIZON, np.minimum(until, MAINTENANCE_HORIZON))
    return [until, observation.duration_next_maintenance]


def _time(observation: Any) -> list[np.ndarray]:
    date = observation.get_time_stamp().timetuple()
    day = 2 * np.pi * (date.tm_hour * 60 + date.tm_min) / 1440
    year = 2 * np.pi * date.tm_yday / 366
    return [np.array([np.sin(day), np.cos(day), np.sin(year), np.cos(year)])]


def _forecast(observation: Any) -> list[np.ndarray]:
    gen_p, _, load_p, _ = observation.get_forecasted_inj(1)
    return [load_p, gen_p]


GROUPS: dict[str, Callable[[Any], list[np.ndarray]]] = {
    "line_load": _line_load,
    "flow": _flow,
    "generation": _generation,
    "load": _load,
    "topology": _topology,
    "cooldown": _cooldown,
    "overflow": _overflow,
    "maintenance": _maintenance,
    "time": _time,
    "forecast": _forecast,
}


class GridSizes(Protocol):
    """The sizes of a grid, under grid2op's names."""

    @property
    def n_line(self) -> int:
        """Number of lines, transformers included."""
        ...

    @property
    def n_sub(self) -> int:
        """Number of substations."""
        ...

    @property
    def n_gen(self) -> int:
        """Number of generators."""
        ...

    @property
    def n_load(self) -> int:
        """Number of loads."""
        ...

    @property
    def dim_topo(self) -> int:
        """Length of ``topo_vect``."""
        ...


class Features:
    """Turns an observation into the vector of the chosen groups, in the order given.

    Raises
    ------
    PowrlError
        No group, an unknown group, or one that is named twice.
    """

    def __init__(self, groups: Sequence[str]) -> None:
        unknown = [group for group in groups if group not in GROUPS]
        if not groups or unknown or len(set(groups)) < len(groups):
            raise PowrlError(
                f"observation groups {list(groups)}: give one or more of {', '.join(GROUPS)}, "
                "each once."
            )
        self.groups = tuple(groups)
        self._readers = [GROUPS[group] for group in groups]

    def __call__(self, observation: Any) -> np.ndarray:
        """The feature vector, shape ``(size(observation),)``, float32."""
        parts = [np.ravel(part) for reader in self._readers for part in reader(observation)]
        return np.concatenate(parts).astype(np.float32)

    def size(self, grid: GridSizes) -> int:
        """Number of features on a grid2op grid (environment, action space or observation)."""
        line, sub, gen, load = grid.n_line, grid.n_sub, grid.n_gen, grid.n_load
        sizes = {
            "line_load": line,
            "flow": 2 * line,
            "generation": gen,
            "load": 2 * load,
            "topology": grid.dim_topo,
            "cooldown": line + sub,
            "overflow": line,
            "maintenance": 2 * line,
            "time": 4,
            "forecast": load + gen,
        }
        return int(sum(sizes[group] for group in self.groups))
