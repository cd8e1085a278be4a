"""What an episode shows, attribute by attribute: from grid2op's files, or as it is played."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from grid2op.Space import GridObjects

from ..player.grid.observation import Observation


class Observed(Protocol):
    """The observations of an episode of T steps, by attribute."""

    def values(self, attribute: str, size: int) -> np.ndarray:
        """One attribute of each, shape ``(T + 1, size)``; zeros where they have none of it."""
        ...


class SeenObservations:
    """Observations that are collected while an episode is played, on grid2op or the stepper."""

    _NAMES = (
        *("rho", "topo_vect", "line_status", "time_next_maintenance", "p_or", "gen_p"),
        *("actual_dispatch", "gen_p_before_curtail", "storage_power"),
    )

    def __init__(self) -> None:
        self._rows: dict[str, list[np.ndarray]] = {}

    def add(self, observation: Observation) -> None:
        """Keep the next one."""
        for name in self._NAMES:
            values = getattr(observation, name, None)
            if values is not None:
                self._rows.setdefault(name, []).append(np.array(values))

    def add_game_over(self) -> None:
        """Keep what grid2op shows after a game over: nothing is connected."""
        for name, rows in self._rows.items():
            rows.append(np.full_like(rows[-1], -1 if name == "topo_vect" else 0))

    def values(self, attribute: str, size: int) -> np.ndarray:
        """See `Observed.values`."""
        if attribute not in self._rows:
            return np.zeros((len(self._rows["rho"]), size))
        return np.array(self._rows[attribute])


class Columns:
    """The rows of observations or actions, by attribute."""

    def __init__(self, space: GridObjects, rows: np.ndarray) -> None:
        self._space, self.rows = space, np.nan_to_num(rows)

    def has(self, attribute: str) -> bool:
        """Whether the space has an attribute."""
        return attribute in self._space.subtype.attr_list_vect

    def values(self, attribute: str, size: int) -> np.ndarray:
        """One attribute of each row; zeros where the space has none of it."""
        if not self.has(attribute):
            return np.zeros((len(self.rows), size))
        first, end, _ = self._space.get_indx_extract(attribute)
        return np.asarray(self.rows[:, first:end])
