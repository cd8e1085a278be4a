"""Power flows of successive steps on one topology: lightsim2grid's ``TimeSeriesCPP``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...player.lookahead.frozen import frozen
from ...player.lookahead.grid_model import GridModel


class SolvedSteps(NamedTuple):
    """The steps up to the first one without a solution.

    Attributes
    ----------
    values:
        Those of `Results`, with a row for each step.
    voltages:
        Complex voltages of all buses (per unit), shape ``(n_steps, n_bus)``.
    """

    values: np.ndarray
    voltages: np.ndarray


class SeriesSolver:
    """Solves successive steps in one call, each power flow from the solution of the step before.

    Parameters
    ----------
    grid:
        Solved, with no storage unit in use. It is copied; its topology stays.
    topology:
        Shape ``(dim_topo,)``.
    """

    def __init__(self, grid: GridModel, topology: np.ndarray) -> None:
        from lightsim2grid.lightsim2grid_cpp import TimeSeriesCPP

        self._series = TimeSeriesCPP(grid.lsgrid)
        self._series.change_algorithm(grid.algorithm)
        self._series.compute_gen_results = True
        self._limits = grid.max_iterations, grid.tolerance
        self._generator_bus = grid.buses(topology)[grid.positions.generator]
        self._n_line = grid.positions.n_line
        self._volts_per_unit = grid.volts_per_unit

    def solve(
        self,
        gen_p: np.ndarray,
        gen_v: np.ndarray | None,
        load_p: np.ndarray,
        load_q: np.ndarray,
        start: np.ndarray,
    ) -> SolvedSteps:
        """Solve steps.

        Parameters
        ----------
        gen_p, load_p, load_q:
            As in `Injections`, with a row for each step.
        gen_v:
            Voltages of the generators in per unit, or None: they stay as they are.
        start:
            Complex voltages of all buses (per unit) in the step before.
        """
        series = self._series
        series.modify_gen_p(gen_p)
        series.modify_load_p(load_p)
        series.modify_load_q(load_q)
        if gen_v is not None:
            series.modify_gen_v(gen_v)
        try:
            series.compute(start, *self._limits)
        except RuntimeError:  # the grid as it was copied has no solution from this start
            n_steps = 0
        else:
            converged = series.converged_mask()
            n_steps = converged.index(False) if False in converged else len(converged)
        if not n_steps:
            width = 3 * self._n_line + 2 * len(self._generator_bus)
            return SolvedSteps(np.zeros((0, width), dtype=np.float32), start[None][:0])
        voltages = series.get_voltages()[:n_steps].copy()
        return SolvedSteps(self._values(voltages), voltages)

    def _values(self, voltages: np.ndarray) -> np.ndarray:
        rows, n_line = slice(len(voltages)), self._n_line
        power = self._series.compute_branch_results()[rows]
        current = self._series.compute_flows()[rows]
        gen_p = self._series.get_gen_results()[rows, :, 0]
        gen_v = np.abs(voltages[:, self._generator_bus]) * self._volts_per_unit
        parts = (power[:, :, 0], power[:, :, 1], current, gen_p, gen_v)
        values = np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")
        values[:, 2 * n_line : 3 * n_line] *= 1000  # kA
        return frozen(values)
