"""The map of a running episode as a picture: what ``render_mode="rgb_array"`` shows."""

from __future__ import annotations

import numpy as np

from ..engines.engine import Episode
from ..grid_map.geometry import MapGeometry
from ..grid_map.picture import MapPainter
from ..grid_map.places import places_of
from ..grid_map.snapshot import (
    ATTACK,
    CONNECTED,
    MAINTENANCE,
    OTHER,
    PROTECTION,
    Snapshot,
    split_substations,
)
from ..player.actions.grid_action import GridAction
from ..player.grid.grid2op_objects import Environment
from ..player.grid.positions import Positions

HIGHEST_LOAD = 255
"""Highest load (%) that a map shows."""


class EpisodeRenderer:
    """Draws the state of episodes of one grid.

    Parameters
    ----------
    grid:
        grid2op's environment, for names and places.
    """

    def __init__(self, grid: Environment) -> None:
        self._positions = positions = Positions.from_grid2op(grid)
        self._elements = np.transpose([positions.origin, positions.extremity])
        self._n_sub = len(grid.name_sub)
        places = places_of(grid)
        ends = positions.substation[self._elements]
        self._painter = MapPainter(MapGeometry.from_grid(places, ends, grid.name_sub))

    def draw(self, episode: Episode, action: GridAction | None) -> np.ndarray:
        """The map as an array, shape ``(height, width, 3)``, uint8.

        Parameters
        ----------
        action:
            The last one that was played; its substations are marked.
        """
        observation = episode.observation
        topology = np.asarray(observation.topo_vect)
        snapshot = Snapshot(
            loads=np.clip(np.rint(100 * observation.rho), 0, HIGHEST_LOAD).astype(int),
            busbars=topology[self._elements],
            causes=self._causes(episode),
            split=split_substations(topology, self._positions.substation, self._n_sub),
            acted=self._acted(action),
            forward=np.asarray(observation.p_or) >= 0,
        )
        return np.asarray(self._painter.draw(snapshot))

    def _causes(self, episode: Episode) -> np.ndarray:
        """Why lines are out; of those opened before the last step nobody keeps it."""
        observation = episode.observation
        out = ~np.asarray(observation.line_status, dtype=bool)
        causes = np.where(out, OTHER, CONNECTED)
        causes[list(episode.opened)] = PROTECTION
        causes[np.asarray(observation.time_next_maintenance) == 0] = MAINTENANCE
        causes[list(episode.attacked)] = ATTACK
        return np.where(out, causes, CONNECTED)

    def _acted(self, action: GridAction | None) -> np.ndarray:
        acted = np.zeros(self._n_sub, dtype=bool)
        if action is not None:
            acted[self._positions.substation[action.set_bus != 0]] = True
            lines = action.set_line_status != 0
            acted[self._positions.substation[self._elements[lines].ravel()]] = True
        return acted
