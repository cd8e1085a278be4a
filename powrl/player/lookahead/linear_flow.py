"""The AC power flow linearised at its solution: what currents do where generators move."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

PIVOT_THRESHOLD = 0.01
"""A pivot off the diagonal is taken where the diagonal is smaller than this part of it."""

UNKNOWNS_TOGETHER = 1500
"""About so many are solved as one: few have overhead, and many leave the processor's cache."""

MIN_CURRENT = 1e-9
"""The slope of a smaller current (per unit) fades out: at 0 it has no sign."""


class Branches:
    """Lines, transformers included, and shunts, as admittances in per unit.

    Parameters
    ----------
    lsgrid:
        lightsim2grid's grid.

    Attributes
    ----------
    conjugate:
        Conjugate admittances of lines, shape ``(2, 2, n_line)``: of the current at the origin and
        at the extremity, by the voltage at the origin and at the extremity.
    shunts, shunt_buses:
        Admittance and bus of each shunt.
    amperes:
        A current of 1 in per unit at the origin of each line (A).
    base_mva:
        A power of 1 in per unit (MVA).
    n_bus:
        Number of buses, those without elements included.
    """

    def __init__(self, lsgrid: Any) -> None:
        lines = [*lsgrid.get_lines(), *lsgrid.get_trafos()]
        self.conjugate = np.array(
            [((line.yac_11, line.yac_12), (line.yac_21, line.yac_22)) for line in lines]
        ).transpose(1, 2, 0)
        self.conjugate = np.ascontiguousarray(self.conjugate.conj())
        self.base_mva = float(lsgrid.get_sn_mva())
        shunts = [shunt for shunt in lsgrid.get_shunts() if shunt.connected]
        powers = [complex(shunt.target_p_mw, -shunt.target_q_mvar) for shunt in shunts]
        self.shunts = np.array(powers, dtype=complex) / self.base_mva
        self.shunt_buses = np.array([shunt.bus_id for shunt in shunts], dtype=int)
        kilovolts = np.asarray(lsgrid.get_bus_vn_kv())[[line.sub1_id for line in lines]]
        self.n_bus = len(lsgrid.get_bus_vn_kv())
        self.amperes = 1e3 * self.base_mva / (np.sqrt(3.0) * kilovolts)


class LinearFlow:
    r"""Derivatives of currents at the solutions of power flows that differ in lines out.

    With :math:`N_{ik} = V_i \overline{Y_{ik} V_k}`, the power at bus :math:`i` is
    :math:`S_i = \sum_k N_{ik}`. The unknowns are the angles :math:`\theta` of all buses but the
    slack's, and the logarithms :math:`\nu` of the magnitudes of those without voltage control:

    .. math::

        dS_i = \sum_k N_{ik}\, (d\nu_k - j\, d\theta_k) + S_i\, (d\nu_i + j\, d\theta_i)

    The equations are the real parts at the former buses and the imaginary parts at the latter.
    Their matrix has the same places for all solutions, which are factorised as one block-diagonal
    matrix, in an order that keeps it sparse.

    Parameters
    ----------
    branches:
        Of the grid.
    ends:
        Bus at the origin and at the extremity of each line, shape ``(2, n_line)``; any, where the
        line is out in all power flows.
    controlled, free:
        Buses with and without voltage control, the slack's apart (PV and PQ buses).
    sources:
        Buses where power is injected, which the slack takes out again, shape ``(n_sources,)``; -1:
        nowhere.
    """

    def __init__(
        self,
        branches: Branches,
        ends: np.ndarray,
        controlled: np.ndarray,
        free: np.ndarray,
        sources: np.ndarray,
    ) -> None:
        self._branches = branches
        self._ends = ends
        n_bus = branches.n_bus
        self._size = len(controlled) + 2 * len(free)
        unknowns = np.full((2, n_bus + 1), -1)  # of angle and of magnitude; the last bus is none
        unknowns[0, controlled] = np.arange(len(controlled))
        unknowns[0, free] = len(controlled) + np.arange(len(free))
        unknowns[1, free] = unknowns[0, free] + len(free)
        terms = _Terms(ends, branches.shunt_buses)
        order = _sparse_order(*terms.places(unknowns)[:2], self._size)
        unknowns = np.where(unknowns >= 0, order[unknowns], -1)
        rows, columns, term, sign = terms.places(unknowns)
        slots, slot_of = np.unique(columns * self._size + rows, return_inverse=True)
        self._sums = sparse.csr_matrix(
            (sign, (slot_of.ravel(), term)), shape=(len(slots), terms.number)
        )
        self._rows = slots % self._size
        self._starts = np.searchsorted(slots, np.arange(self._size) * self._size)
        self._of_ends = unknowns[::-1].T[ends.T]  # of each line and end: magnitude, angle
        self._of_sources = unknowns[0, sources]
        self._blocks: dict[int, _Blocks] = {}

    def current_slopes(
        self, voltages: np.ndarray, connected: np.ndarray, limits: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Currents at the origin of each line, and their derivatives by the powers of the sources.

        Parameters
        ----------
        voltages:
            Solutions in per unit, shape ``(n, n_bus)``.
        connected:
            Which lines each of them has, shape ``(n, n_line)``.
        limits:
            What currents are shares of (A), shape ``(n, n_line)``.

        Returns
        -------
        currents, slopes:
            Shape ``(n, n_line)``, and per MW, shape ``(n, n_line, n_sources)``. Both are 0 for a
            line without current, whose slope has no sign.
        """
        number, n_lines = connected.shape
        branches = self._branches
        ends = voltages.take(self._ends, axis=1)
        # all currents are conjugate here: at the end (axis 1) by the voltage at the end (axis 2)
        parts = branches.conjugate * ends.conj()[:, None] * connected[:, None, None]
        current = parts[:, 0, 0] + parts[:, 0, 1]
        size = np.abs(current)
        scale = branches.amperes / limits
        direction = current.conj() * (scale / np.maximum(size, MIN_CURRENT) / branches.base_mva)
        gradient = np.ascontiguousarray((direction[:, None] * parts[:, 0]).swapaxes(1, 2))
        terms = np.empty((number, 4 * n_lines + len(branches.shunts)), dtype=complex)
        powers = terms[:, : 4 * n_lines].reshape(number, 2, 2, n_lines)
        np.multiply(ends[:, :, None], parts, out=powers)
        at_shunts = np.abs(voltages.take(branches.shunt_buses, axis=1))
        np.multiply(at_shunts**2, branches.shunts.conj(), out=terms[:, 4 * n_lines :])
        entries = (self._sums @ terms.view(float).T).T
        n_systems = max(1, round(number * self._size / UNKNOWNS_TOGETHER))
        slopes = [
            self._blocks_of(len(values)).solve(values, weights)
            for values, weights in zip(
                np.array_split(entries, n_systems), np.array_split(gradient.view(float), n_systems)
            )
        ]
        return size * scale, np.concatenate(slopes).reshape(number, n_lines, -1)

    def _blocks_of(self, number: int) -> _Blocks:
        if number not in self._blocks:
            self._blocks[number] = _Blocks(
                number, self._size, self._rows, self._starts, self._of_ends, self._of_sources
            )
        return self._blocks[number]


class _Blocks:
    """The linear systems of many solutions, as one of diagonal blocks whose places stay.

    Parameters
    ----------
    number, size:
        Of the blocks, and of the unknowns of each.
    rows, starts:
        Row of each entry of a block, and the first entry of each column.
    of_ends, of_sources:
        The unknowns that the currents depend on, four for each line, and the equation of each
        source; -1: none.
    """

    def __init__(
        self,
        number: int,
        size: int,
        rows: np.ndarray,
        starts: np.ndarray,
        of_ends: np.ndarray,
        of_sources: np.ndarray,
    ) -> None:
        self.number = number
        block = np.arange(number)[:, None]
        self._matrix = sparse.csc_matrix(
            (
                np.ones(number * len(rows)),
                (rows + block * size).ravel(),
                np.append((starts + block * len(rows)).ravel(), number * len(rows)),
            ),
            shape=(number * size, number * size),
        )
        self._matrix.has_canonical_format = True
        powers = np.zeros((number, size, len(of_sources)))
        sources = np.flatnonzero(of_sources >= 0)
        powers[:, of_sources[sources], sources] = 1.0
        self._powers = np.asfortranarray(powers.reshape(number * size, -1))
        columns = np.maximum(of_ends, 0).ravel() + block * size
        self._is_unknown = (of_ends.ravel() >= 0).astype(float)
        self._gradient = sparse.csr_matrix(
            (np.ones(columns.size), columns.ravel(), np.arange(0, columns.size + 1, 4)),
            shape=(columns.size // 4, number * size),
        )

    def solve(self, entries: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """The gradients times the solutions, shape ``(number * n_line, n_sources)``.

        Parameters
        ----------
        entries:
            Of the matrices, shape ``(number, n_entries)``.
        gradient:
            By the unknowns at the ends of lines, as many numbers for each block.
        """
        self._matrix.data = entries.ravel()
        self._gradient.data = (gradient.reshape(self.number, -1) * self._is_unknown).ravel()
        factors = splu(
            self._matrix,
            permc_spec="NATURAL",
            diag_pivot_thresh=PIVOT_THRESHOLD,
            relax=1,
            panel_size=1,
            options={"Equil": False},
        )
        return np.asarray(self._gradient @ factors.solve(self._powers))


class _Terms:
    """The powers that the matrix consists of: real and imaginary part of one after the other.

    First those of lines: at the origin by the voltages there and at the extremity, at the extremity
    by both; then those of shunts.
    """

    def __init__(self, ends: np.ndarray, shunt_buses: np.ndarray) -> None:
        self._at = np.concatenate((ends[[0, 0, 1, 1]].ravel(), shunt_buses))
        self._by = np.concatenate((ends[[0, 1, 0, 1]].ravel(), shunt_buses))
        self._n = len(self._at)
        self.number = 2 * self._n

    def places(self, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Row, column, term and sign of each summand of the matrix."""
        (angle_at, size_at), (angle_by, size_by) = unknowns[:, self._at], unknowns[:, self._by]
        real, imaginary = np.arange(self.number).reshape(-1, 2).T
        summands = (
            (angle_at, angle_by, imaginary, 1.0),
            (angle_at, size_by, real, 1.0),
            (size_at, angle_by, real, -1.0),
            (size_at, size_by, imaginary, 1.0),
            (angle_at, angle_at, imaginary, -1.0),
            (angle_at, size_at, real, 1.0),
            (size_at, angle_at, real, 1.0),
            (size_at, size_at, imaginary, 1.0),
        )
        rows, columns, term, sign = (
            np.concatenate([np.broadcast_to(summand[part], self._n) for summand in summands])
            for part in range(4)
        )
        present = (rows >= 0) & (columns >= 0)
        return rows[present], columns[present], term[present], sign[present]


def _sparse_order(rows: np.ndarray, columns: np.ndarray, size: int) -> np.ndarray:
    """The place of each unknown in an order that keeps factors sparse (minimum degree)."""
    ones = np.ones(len(rows))
    pattern = sparse.csc_matrix((ones, (rows, columns)), shape=(size, size))
    dominant = pattern + sparse.identity(size, format="csc") * float(pattern.sum())
    return np.asarray(splu(dominant.tocsc(), permc_spec="MMD_AT_PLUS_A").perm_c)
