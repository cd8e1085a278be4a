"""How line loads answer to generators, from power flows around a state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .grid_model import GridModel
from .state import GridState

STEP_MW = 5.0
"""By how much each generator is moved: small against its range, large against rounding."""


class GeneratorSensitivity:
    """Line loads, and their change per MW of each generator against the slack.

    Parameters
    ----------
    grid:
        It is worked on, so give a copy.
    generators:
        Numbers of the generators.
    limits:
        Greatest production of each of them (MW): none is moved beyond.
    """

    def __init__(self, grid: GridModel, generators: np.ndarray, limits: np.ndarray) -> None:
        self._grid = grid
        self._generators = generators
        self._limits = limits
        self._is_slack = np.array(
            [generator.is_slack for generator in grid.lsgrid.get_generators()]
        )

    def at(self, state: GridState) -> tuple[np.ndarray, np.ndarray] | None:
        """Loads and slopes at a state, or None where a power flow has no solution.

        Returns
        -------
        rho, slopes:
            Share of the thermal limit, shape ``(n_line,)``, and the same per MW, shape
            ``(n_line, n_generators)``; the slope of the slack is 0, since it balances the others.
        """
        grid, start = self._grid, state.injections.gen_p
        grid.set_topology(state.topology_in_maintenance(grid.positions))
        rho = self._solve(state, start)
        if rho is None:
            return None
        slopes = np.zeros((len(rho), len(self._generators)))
        for column, (generator, limit) in enumerate(zip(self._generators, self._limits)):
            if self._is_slack[generator]:
                continue
            step = STEP_MW if start[generator] + STEP_MW <= limit else -STEP_MW
            moved = start.copy()
            moved[generator] += step
            after = self._solve(state, moved, warm=True)
            if after is None:
                return None
            slopes[:, column] = (after - rho) / step
        return rho, slopes

    def _solve(self, state: GridState, gen_p: np.ndarray, warm: bool = False) -> np.ndarray | None:
        self._grid.set_injections(replace(state.injections, gen_p=gen_p))
        if not self._grid.solve(warm):
            return None
        rho = np.asarray(self._grid.flows()[2] / state.thermal_limits, dtype=np.float64)
        return rho if np.isfinite(rho).all() else None
