"""Power flows of one topology with lines out, for one set of injections after the other."""

from __future__ import annotations

import numpy as np

from .grid_model import GridModel, Injections


class OutageSweep:
    """Solves a topology several times, each time without some of its lines.

    What the power flows share is prepared once, for all injections to come
    (lightsim2grid's ``ScenarioSweepCPP``).

    Parameters
    ----------
    grid:
        In the topology that lines are taken out of; a copy of it is kept.
    out:
        Which lines are out in each power flow, shape ``(n, n_line)``.
    """

    def __init__(self, grid: GridModel, out: np.ndarray) -> None:
        from lightsim2grid.lightsim2grid_cpp import ScenarioSweepCPP

        self._grid = grid
        self._number = len(out)
        self._sweep = ScenarioSweepCPP(grid.lsgrid)
        self._sweep.change_algorithm(grid.algorithm)
        lines, transformers = np.split(out, [len(grid.lsgrid.get_lines())], axis=1)
        self._sweep.set_contingency_lines(np.ascontiguousarray(lines))
        self._sweep.set_contingency_trafos(np.ascontiguousarray(transformers))

    def solve(self, injections: Injections) -> tuple[np.ndarray, np.ndarray]:
        """Complex voltages in per unit, shape ``(n, n_bus)``, and whether there is a solution.

        A grid that is split has none here.
        """
        sweep, grid = self._sweep, self._grid
        sweep.modify_gen_p(self._repeated(injections.gen_p))
        sweep.modify_gen_v(self._repeated(injections.gen_v / grid.volts_per_unit))
        sweep.modify_load_p(self._repeated(injections.load_p))
        sweep.modify_load_q(self._repeated(injections.load_q))
        # flat, since a warm start finds a wrong solution now and then
        sweep.compute(grid.flat, grid.max_iterations, grid.tolerance)
        return np.array(sweep.get_voltages()), np.array(sweep.converged_mask(), dtype=bool)

    def currents(self) -> np.ndarray:
        """Currents at the origin of each line (A) of the last `solve`, shape ``(n, n_line)``.

        They mean nothing where there is no solution.
        """
        return 1000 * np.asarray(self._sweep.compute_flows())  # of kA

    def _repeated(self, values: np.ndarray) -> np.ndarray:
        # as single precision has them, which is what the grid model is given elsewhere
        return np.repeat(values.astype(np.float32)[None], self._number, axis=0).astype(float)
