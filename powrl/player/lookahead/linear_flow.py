"""The AC power flow of one topology, linearised at its solution.

An unknown is the logarithm of a bus's complex voltage: its real part is that of the magnitude, its
imaginary part the angle. The power into a bus changes by ``s w + m conj(w)`` summed over the buses,
with ``m`` the products of voltages and conjugate admittances and ``s`` the power of the bus itself.
"""

from __future__ import annotations

import numpy as np

from .grid_model import GridModel

REFINEMENTS = 3
"""Steps of Newton's method, with the response of before, once busbars are joined."""


class LinearFlow:
    """Voltages, and how they answer to powers.

    Parameters
    ----------
    grid:
        Which has just solved the topology.
    topology:
        ``topo_vect``, shape ``(dim_topo,)``.

    Attributes
    ----------
    voltages:
        Complex, of each bus in use, in per unit, shape ``(n_bus,)``.
    bus:
        The bus of each element, numbered among these, shape ``(dim_topo,)``; of one that is out it
        means nothing.
    injected:
        Complex power into the grid of each load, storage unit and generator in per unit (of a
        generator the active power alone), 0 for the ends of lines, shape ``(dim_topo,)``.
    response:
        What a power into each bus, all active ones first and then all reactive ones, adds to the
        logarithm of each voltage, shape ``(2 * n_bus, n_bus)``, complex. A generator that holds its
        voltage takes what is reactive, and the slack what is active: there it is 0.
    """

    def __init__(self, grid: GridModel, topology: np.ndarray) -> None:
        positions, lsgrid = grid.positions, grid.lsgrid
        used = np.flatnonzero(grid.voltages)
        self.voltages = grid.voltages[used]
        place = np.zeros(len(grid.voltages), dtype=int)
        place[used] = np.arange(len(used))
        self.bus = place[grid.buses(topology)]
        self.injected = np.zeros(positions.dim_topo, dtype=complex)
        self.injected[positions.generator] = lsgrid.get_gen_res()[0]
        active, reactive = lsgrid.get_loads_res()[:2]
        self.injected[positions.load] = -(active + 1j * reactive)
        if grid.is_storing:
            self.injected[positions.storage] = -lsgrid.get_storages_res()[0]
        self.injected /= lsgrid.get_sn_mva()
        matrix = lsgrid.get_Ybus()
        columns = np.repeat(np.arange(len(place)), np.diff(matrix.indptr))
        self._admittances = np.zeros((len(used), len(used)), dtype=complex)
        self._admittances[place[matrix.indices], place[columns]] = matrix.data
        products = self.voltages[:, None] * (self._admittances * self.voltages).conj()
        self._powers = products.sum(axis=1)
        holds_voltage, is_free = place[lsgrid.get_pv()], place[lsgrid.get_pq()]
        self._angles, self._magnitudes = np.concatenate((holds_voltage, is_free)), is_free
        self.response = _response(products, self._angles, self._magnitudes)

    def joined(self, buses: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Voltages and responses where the elements of one bus are on another, pair by pair.

        Power is moved between both until their voltages are equal, and some steps of Newton's
        method follow. The response is worked out anew, since busbars may be far apart before.

        Parameters
        ----------
        buses, others:
            Where they come to, and which one is empty then, shapes ``(n,)``. It answers to nothing.

        Returns
        -------
        voltages, responses:
            Shapes ``(n, n_bus)`` and ``(n, 2 * n_bus, n_bus)``.
        """
        pairs, n_bus = np.arange(len(buses)), len(self.voltages)
        moved = np.array(
            (
                self.response[others] - self.response[buses],
                self.response[n_bus + others] - self.response[n_bus + buses],
            )
        )
        by_active, by_reactive = moved[:, pairs, others] - moved[:, pairs, buses]
        # where generators hold both voltages, no reactive power changes what is between them
        both_hold = by_reactive == 0
        by_active = np.where(both_hold, 1j * by_active.imag, by_active)
        by_reactive = np.where(both_hold, 1, by_reactive)
        apart = (self.response[:, others] - self.response[:, buses]).T
        between = np.log(self.voltages[others] / self.voltages[buses])
        apart = np.append(apart, between[:, None], axis=1)
        apart = np.where(both_hold[:, None], 1j * apart.imag, apart)
        powers = solve_two(by_active[:, None], by_reactive[:, None], apart)
        changes = sum(power[:, :, None] * part[:, None] for power, part in zip(powers, moved))
        responses = self.response - changes[:, :-1]
        voltages = self.voltages * np.exp(-changes[:, -1])
        voltages[pairs, others] = voltages[pairs, buses]
        admittances = np.repeat(self._admittances[None], len(pairs), axis=0)
        taken = np.repeat(self._powers[None], len(pairs), axis=0)
        for part in (admittances, admittances.swapaxes(1, 2), taken):
            part[pairs, buses] += part[pairs, others]
            part[pairs, others] = 0
        for _ in range(REFINEMENTS):
            lack = taken - voltages * np.einsum("pij,pj->pi", admittances, voltages).conj()
            lack_parts = np.concatenate((lack.real, lack.imag), axis=1)
            voltages = voltages * np.exp((lack_parts[:, None] @ responses)[:, 0])
        products = voltages[:, :, None] * (admittances * voltages[:, None]).conj()
        unknown = (self._angles, self._magnitudes)
        exact = [
            _response(one, *(_unknown_after(buses, bus, other) for buses in unknown))
            for one, bus, other in zip(products, buses.tolist(), others.tolist())
        ]
        return voltages, np.array(exact).reshape(responses.shape)


def _unknown_after(unknown: np.ndarray, bus: int, other: int) -> np.ndarray:
    """Buses with an unknown once the elements of one bus are on another: where both had it."""
    stays = unknown[(unknown != bus) & (unknown != other)]
    return np.append(stays, bus) if {bus, other} <= set(unknown.tolist()) else stays


def solve_two(
    by_first: np.ndarray, by_second: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two real numbers with ``first * by_first + second * by_second = target``, all complex."""
    determinant = determinant_of(by_first, by_second)
    first = determinant_of(target, by_second) / determinant
    return first, determinant_of(by_first, target) / determinant


def determinant_of(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """That of the matrix whose columns are the parts of two complex numbers."""
    return np.asarray(first.real * second.imag - first.imag * second.real)


def _response(products: np.ndarray, angles: np.ndarray, magnitudes: np.ndarray) -> np.ndarray:
    """The inverse of the Jacobian, as `LinearFlow.response` has it.

    Parameters
    ----------
    products:
        Voltage of the row's bus times what the column's adds to its conjugate current.
    angles, magnitudes:
        Buses of which these are unknown.
    """
    n_bus, n_angle = len(products), len(angles)
    power = products.sum(axis=1)
    diagonal = np.arange(n_bus)
    by_magnitude, by_angle = products, -products
    by_magnitude[diagonal, diagonal] += power
    by_angle[diagonal, diagonal] += power
    n_unknown = n_angle + len(magnitudes)
    jacobian = np.empty((n_unknown, n_unknown))
    jacobian[:n_angle, :n_angle] = -by_angle.imag[angles[:, None], angles]
    jacobian[:n_angle, n_angle:] = by_magnitude.real[angles[:, None], magnitudes]
    jacobian[n_angle:, :n_angle] = by_angle.real[magnitudes[:, None], angles]
    jacobian[n_angle:, n_angle:] = by_magnitude.imag[magnitudes[:, None], magnitudes]
    inverse = np.linalg.inv(jacobian).T
    response = np.zeros((2 * n_bus, n_bus), dtype=complex)
    equations = np.concatenate((angles, n_bus + magnitudes))
    response.imag[equations[:, None], angles] = inverse[:, :n_angle]
    response.real[equations[:, None], magnitudes] = inverse[:, n_angle:]
    return response
