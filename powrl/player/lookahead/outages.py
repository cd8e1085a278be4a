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
        In the topology that lines are taken out of; it is copied, and its injections change.
    out:
        Which lines are out in each power flow, shape ``(n, n_line)``.
    storage_p:
        As in `Injections`, in all that is solved.
    again:
        Whether it solves more than once: it is prepared for that without load.

    Attributes
    ----------
    size:
        Unknowns of a power flow.
    angles, magnitudes:
        Number of the unknown that is the angle, and the magnitude, of the voltage of each bus; -1:
        none.
    powers:
        Number of the equation of the active power at each bus; -1: none.
    """

    def __init__(
        self, grid: GridModel, out: np.ndarray, storage_p: np.ndarray, again: bool = True
    ) -> None:
        from lightsim2grid.lightsim2grid_cpp import ScenarioSweepCPP

        gen_p, load = (np.zeros(len(part)) for part in (grid.volts_per_unit, grid.positions.load))
        idle = Injections(gen_p, grid.volts_per_unit, load, load, storage_p)
        grid.set_injections(idle)
        self._grid = grid
        self._number = len(out)
        self._sweep = ScenarioSweepCPP(grid.lsgrid)
        self._sweep.change_algorithm(grid.algorithm)
        self._sweep.keep_jacobian = True
        lines, transformers = np.split(out, [len(grid.lsgrid.get_lines())], axis=1)
        self._sweep.set_contingency_lines(np.ascontiguousarray(lines))
        self._sweep.set_contingency_trafos(np.ascontiguousarray(transformers))
        self.size = 0
        if again:
            # pivots are chosen in the first power flow: what is solved first makes no difference
            self.solve(idle)

    def solve(
        self, injections: Injections, start: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Complex voltages in per unit, shape ``(n, n_bus)``, and whether there is a solution.

        A grid that is split has none here.

        Parameters
        ----------
        start:
            Voltages that all power flows start from, shape ``(n_bus,)``; None: flat, since a start
            from the solution of another power flow finds a wrong one now and then.
        """
        sweep, grid = self._sweep, self._grid
        for modify, values in (
            (sweep.modify_gen_p, injections.gen_p),
            (sweep.modify_gen_v, injections.gen_v / grid.volts_per_unit),
            (sweep.modify_load_p, injections.load_p),
            (sweep.modify_load_q, injections.load_q),
        ):
            same = np.empty((self._number, len(values)))
            # as single precision has them, which is what the grid model is given elsewhere
            same[:] = values.astype(np.float32)
            modify(same)
        flat = grid.flat
        self._injections, self._has_answer = injections, False
        try:
            sweep.compute(flat if start is None else start, grid.max_iterations, grid.tolerance)
        except RuntimeError:  # with all lines and without load there is no solution
            nothing = np.zeros((self._number, len(flat)), dtype=complex)
            return nothing, np.zeros(self._number, dtype=bool)
        self._has_answer = True
        if not self.size:
            self.size = sweep.dim_J()
            self.angles = np.array(sweep.get_theta_col_of_bus())
            self.magnitudes = np.array(sweep.get_vm_col_of_bus())
            self.powers = np.array(sweep.get_p_row_of_bus())
        return np.array(sweep.get_voltages()), np.array(sweep.converged_mask(), dtype=bool)

    def currents(self) -> np.ndarray:
        """Currents at the origin of each line (A) of the last `solve`, shape ``(n, n_line)``.

        They mean nothing where there is no solution.
        """
        if not self._has_answer:
            return np.zeros((self._number, self._grid.positions.n_line))
        return 1000 * np.asarray(self._sweep.compute_flows())  # of kA

    def adjoint(
        self, injections: Injections, start: np.ndarray | None, cotangents: np.ndarray
    ) -> np.ndarray:
        """Solutions of the transposed Jacobian at the solutions of the power flows.

        Parameters
        ----------
        injections, start:
            Those of a `solve`; unless it was the last one, it is done again.
        cotangents:
            Right-hand sides for each power flow, shape ``(n, k, size)``.

        Returns
        -------
        numpy.ndarray
            The same shape; 0 where a power flow has no solution.
        """
        if injections is not self._injections:
            self.solve(injections, start)
        solved = self._sweep.solve_JT(cotangents.reshape(self._number, -1))
        return np.asarray(solved).reshape(cotangents.shape)
