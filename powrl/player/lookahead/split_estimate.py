"""Line loads after actions on one substation each, without a power flow for each of them.

The substation is taken with all elements on one busbar. A split moves some of them to a busbar that
has the same voltage at first, and lacks the power that flowed between both. One step of Newton's
method gives the voltages that supply it. All splits share the inverse Jacobian, by which everything
but the new busbar is eliminated: two equations are left for each. (In DC one is left, and it is
exact: van Dijk, Viebahn, Cijsouw and van Casteren, "Bus split distribution factors", IEEE
Transactions on Power Systems, 2024.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from .grid_model import GridModel
from .linear_flow import LinearFlow, determinant_of, solve_two
from .state import GridState

LEAST_RESPONSE = 1e-9
"""A busbar is an island if its power answers to its voltage by a smaller share than if nothing else
gave way."""


class _Ends(NamedTuple):
    """Both ends of all lines in a row: origins, then extremities; shapes ``(2 * n_line,)``.

    Admittances are those of the current into the line, by the voltage at this end and at the other,
    and of the current into the other end by the voltage at this one.
    """

    near: np.ndarray
    far: np.ndarray
    own: np.ndarray
    mutual: np.ndarray
    back: np.ndarray


class SplitEstimator:
    """Estimates loads from states of one grid.

    Parameters
    ----------
    grid:
        It is worked on, so give a copy.

    Examples
    --------
    >>> estimator = SplitEstimator(simulator.grid_copy())  # doctest: +SKIP
    >>> estimator.at(state).rho_after(set_bus).shape  # doctest: +SKIP
    (240, 59)
    """

    def __init__(self, grid: GridModel) -> None:
        self.grid = grid
        positions, lsgrid = grid.positions, grid.lsgrid
        lines = [*lsgrid.get_lines(), *lsgrid.get_trafos()]
        pairs = [(line.yac_11, line.yac_12, line.yac_21, line.yac_22) for line in lines]
        at_origin, to_origin, to_extremity, at_extremity = np.array(pairs).T
        self.ends = _Ends(
            near=np.concatenate((positions.origin, positions.extremity)),
            far=np.concatenate((positions.extremity, positions.origin)),
            own=np.concatenate((at_origin, at_extremity)),
            mutual=np.concatenate((to_origin, to_extremity)),
            back=np.concatenate((to_extremity, to_origin)),
        )
        self.is_generator = np.zeros(positions.dim_topo, dtype=bool)
        self.is_generator[positions.generator] = True
        self.slack = positions.generator[grid.is_slack]
        kilovolts = np.asarray(lsgrid.get_bus_vn_kv())[[line.sub1_id for line in lines]]
        self.amperes = 1000 * lsgrid.get_sn_mva() / (np.sqrt(3.0) * kilovolts)

    def at(self, state: GridState) -> SplitEstimate | None:
        """What actions on a state are estimated from; None: its power flow has no solution."""
        topology = state.topology_in_maintenance(self.grid.positions)
        self.grid.set_topology(topology)
        self.grid.set_injections(state.injections)
        if not self.grid.solve():
            return None
        return SplitEstimate(self, state, topology, LinearFlow(self.grid, topology))


class SplitEstimate:
    """Loads after actions on one state.

    Parameters
    ----------
    estimator:
        Of the grid.
    topology:
        ``topo_vect`` of the state.
    flow:
        Its power flow.
    """

    def __init__(
        self, estimator: SplitEstimator, state: GridState, topology: np.ndarray, flow: LinearFlow
    ) -> None:
        self._estimator, self._state = estimator, state
        self._topology, self._flow = topology, flow

    def rho_after(self, set_bus: np.ndarray) -> np.ndarray:
        """Estimated load of each line after each action, before any protection acts.

        Parameters
        ----------
        set_bus:
            As in `Topology`, of one substation in each row, shape ``(n, dim_topo)``. Lines that are
            out stay out.

        Returns
        -------
        numpy.ndarray
            Shape ``(n, n_line)``; infinite where a busbar is an island.
        """
        estimator, positions = self._estimator, self._estimator.grid.positions
        substations = positions.substation[(set_bus != 0).argmax(axis=1)]
        names = (set_bus != 0) & (self._topology > 0)
        busbars = np.where(names, set_bus, self._topology)
        busbars[positions.substation != substations[:, None]] = 0
        split = np.unique(substations[self._is_split()[substations]])
        flow_of = np.zeros(positions.n_sub, dtype=int)
        flow_of[split] = 1 + np.arange(len(split))
        flows = self._joined(split)
        splits = _Splits(estimator, flows, flow_of[substations], busbars)
        is_on = self._topology[positions.origin] > 0
        per_unit = np.where(is_on, estimator.amperes / self._state.thermal_limits, 0.0)
        rho = splits.currents() * per_unit
        rho[splits.is_island] = np.inf
        return rho

    def _joined(self, split: np.ndarray) -> _Flows:
        """The power flow of the state, and those with each of some substations on one busbar."""
        flow, positions = self._flow, self._estimator.grid.positions
        place = np.zeros((3, positions.n_sub), dtype=int)
        is_on = self._topology > 0
        place[self._topology[is_on], positions.substation[is_on]] = flow.bus[is_on]
        first, second = place[1, split], place[2, split]
        voltages, responses = flow.joined(first, second)
        buses = np.where(flow.bus == second[:, None], first[:, None], flow.bus)
        return _Flows(
            np.concatenate((flow.voltages[None], voltages)),
            np.concatenate((flow.response[None], responses)),
            np.concatenate((flow.bus[None], buses)),
            flow.injected,
        )

    def _is_split(self) -> np.ndarray:
        """Which substations have both busbars in use, shape ``(n_sub,)``."""
        positions = self._estimator.grid.positions
        is_used = np.zeros((4, positions.n_sub), dtype=bool)
        is_used[self._topology, positions.substation] = True  # -1, out, is the last of the four
        return np.asarray(is_used[1] & is_used[2])


class _Flows(NamedTuple):
    """Several power flows of one grid: `LinearFlow`, with an axis more but for what is injected."""

    voltages: np.ndarray
    responses: np.ndarray
    bus: np.ndarray
    injected: np.ndarray


class _Splits:
    """Splits of substations that are on one busbar in a solved power flow.

    Parameters
    ----------
    flows:
        The power flows.
    flow_of:
        Which one each split begins with, shape ``(n,)``.
    busbars:
        Of the elements of the substation, 0 or -1 elsewhere, shape ``(n, dim_topo)``. With one
        busbar nothing is split.

    Attributes
    ----------
    is_island:
        Whether one of both busbars is an island, shape ``(n,)``.
    """

    def __init__(
        self, estimator: SplitEstimator, flows: _Flows, flow_of: np.ndarray, busbars: np.ndarray
    ) -> None:
        self._ends, self._flows, self._flow_of = estimator.ends, flows, flow_of
        self._numbers = np.arange(len(busbars))
        self._here = flows.bus[flow_of, busbars.argmax(axis=1)]
        moved, is_split, holds_voltage = _moved(estimator, busbars)
        self._rows, self._moved_ends = moved[:, self._ends.near].nonzero()
        self._shift, is_answered = self._solve(moved @ flows.injected, holds_voltage)
        self.is_island = is_split & ~is_answered

    def currents(self) -> np.ndarray:
        """Current at the origin of each line in per unit, shape ``(n, n_line)``."""
        ends, buses = self._ends, self._flows.bus[self._flow_of]
        voltages = self._flows.voltages[self._flow_of] * _exponential(self._change)
        at_ends = voltages[self._numbers[:, None], buses[:, ends.near]]
        at_ends[self._rows, self._moved_ends] *= _exponential(self._shift)[self._rows]
        origins, extremities = np.split(np.arange(len(ends.near)), 2)
        current = ends.own[origins] * at_ends[:, origins]
        current += ends.mutual[origins] * at_ends[:, extremities]
        return np.asarray(np.hypot(current.real, current.imag))

    def _solve(
        self, injected: np.ndarray, holds_voltage: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The shift of the new busbar's logarithmic voltage, and whether there is one.

        Parameters
        ----------
        injected:
            Complex power into the new busbar, shape ``(n,)``.
        holds_voltage:
            Where only the angle of its voltage may shift, shape ``(n,)``.
        """
        ends, moved, flow = self._ends, self._moved_ends, self._flow_of[self._rows]
        near, far = (self._flows.bus[flow, one[moved]] for one in (ends.near, ends.far))
        at_near, at_far = (self._flows.voltages[flow, bus] for bus in (near, far))
        # power into a moved end: by the voltage there, and by that at the other end
        by_near = np.abs(at_near) ** 2 * ends.own[moved].conj()
        by_far = at_near * (ends.mutual[moved] * at_far).conj()
        power = by_near + by_far
        at_other = at_far * (ends.back[moved] * at_near).conj()
        # derivatives of the power into both ends by the shift: magnitude, then angle
        derivatives = np.array((power + by_near, 1j * (power - by_near)))
        others = np.array((at_other, -1j * at_other))
        changes = self._changes(flow, near, far, derivatives, others)
        leaves, leaves_by_near = self._sums(power), self._sums(by_near)
        alone = [self._sums(derivative) for derivative in derivatives]
        answers = []
        for derivative, change in zip(alone, changes):
            own = change[self._numbers, self._here]
            by_others = self._sums(by_far * change[self._rows, far].conj())
            answers.append(derivative + by_others + leaves * own + leaves_by_near * own.conj())
        lack, scale = injected - leaves, np.abs(alone[0] * alone[1])
        shift, is_answered = _shift(answers, lack, holds_voltage, scale)
        self._change = changes[0] * shift.real[:, None] + changes[1] * shift.imag[:, None]
        return shift, is_answered

    def _changes(
        self,
        flow: np.ndarray,
        near: np.ndarray,
        far: np.ndarray,
        derivatives: np.ndarray,
        others: np.ndarray,
    ) -> np.ndarray:
        """What a shift by 1 changes elsewhere: the logarithm of each voltage, ``(2, n, n_bus)``."""
        n, (n_flows, n_bus) = len(self._numbers), self._flows.voltages.shape
        parts = (derivatives.real, derivatives.imag, others.real, others.imag)
        taken = np.stack(parts, axis=-1).ravel()
        places = np.stack((near, near + n_bus, far, far + n_bus), axis=-1)
        places += 2 * n_bus * flow[:, None]
        starts = 4 * self._rows.searchsorted(np.arange(n + 1))
        starts = np.append(starts, starts[-1] + starts[1:])
        shape = (2 * n, 2 * n_bus * n_flows)
        matrix = csr_matrix((taken, np.tile(places.ravel(), 2), starts), shape=shape)
        changes = -(matrix @ self._flows.responses.reshape(-1, n_bus).view(float))
        return np.asarray(changes.view(complex).reshape(2, n, n_bus))

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of complex values of the moved ends for each split, shape ``(n,)``."""
        n = len(self._numbers)
        real, imaginary = (np.bincount(self._rows, one, n) for one in (values.real, values.imag))
        return np.asarray(real + 1j * imaginary)


def _moved(
    estimator: SplitEstimator, busbars: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Elements that move to a new busbar, where there is one, and where both hold their voltage.

    Those that move are without the slack, and without generators where one busbar has none. Shapes
    ``(n, dim_topo)``, ``(n,)`` and ``(n,)``.
    """
    one, two = busbars == 1, busbars == 2
    is_split = one.any(axis=1) & two.any(axis=1)
    holds_one, holds_two = (part[:, estimator.is_generator].any(axis=1) for part in (one, two))
    both_hold = is_split & holds_one & holds_two
    first_moves = np.where(both_hold, two[:, estimator.slack].any(axis=1), holds_two)
    moved = np.where(first_moves[:, None], one, two) & is_split[:, None]
    return moved, is_split, both_hold


def _exponential(small: np.ndarray) -> np.ndarray:
    """The exponential of small numbers."""
    return np.asarray(1 + small * (1 + small / 2))


def _shift(
    answers: Sequence[np.ndarray], lack: np.ndarray, holds_voltage: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The complex shift by which a power answers what it lacks, and whether there is one.

    Parameters
    ----------
    answers:
        Change of the power by the real and by the imaginary part of the shift, shapes ``(n,)``.
    holds_voltage:
        Where the real part is 0, and only the active power matters.
    scale:
        Size of the determinant of both answers if nothing else in the grid gave way.
    """
    by_real, by_imaginary = answers
    by_real = np.where(holds_voltage, 1j, by_real)
    by_imaginary = np.where(holds_voltage, by_imaginary.real, by_imaginary)
    lack = np.where(holds_voltage, lack.real, lack)
    is_answered = np.abs(determinant_of(by_real, by_imaginary)) > LEAST_RESPONSE * scale
    # an island gives way by nothing
    by_real, by_imaginary = np.where(is_answered, (by_real, by_imaginary), ((1,), (1j,)))
    real, imaginary = solve_two(by_real, by_imaginary, np.where(is_answered, lack, 0))
    return real + 1j * imaginary, is_answered
