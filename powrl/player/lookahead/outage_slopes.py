"""How line loads answer to generators after outages: of those lines that are asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ..grid.reductions import all_hold, highest
from .grid_model import Injections
from .outages import OutageSweep

AC_SHARE = 0.15
"""A load changes by what the DC power flow says, and this share of what it would change by if the
line carried all that moves: no line with a load of 0.5 did by more in 4,900 random moves on 36 and
118 substations, some of them split."""

MIN_CURRENT = 1e-9
"""The slope of a smaller current (per unit) fades out: at 0 it has no sign."""


class Branches:
    """Lines, transformers included, in per unit.

    Parameters
    ----------
    lsgrid:
        lightsim2grid's grid.

    Attributes
    ----------
    conjugate:
        Conjugate admittances of the current at the origin of each line, by the voltage at its
        origin and at its extremity, shape ``(2, n_line)``.
    amperes:
        A current of 1 in per unit at the origin of each line (A).
    base_mva:
        A power of 1 in per unit (MVA).
    """

    def __init__(self, lsgrid: Any) -> None:
        lines = [*lsgrid.get_lines(), *lsgrid.get_trafos()]
        self.conjugate = np.array([(line.yac_11, line.yac_12) for line in lines]).T.conj()
        self.base_mva = float(lsgrid.get_sn_mva())
        kilovolts = np.asarray(lsgrid.get_bus_vn_kv())[[line.sub1_id for line in lines]]
        self.amperes = 1e3 * self.base_mva / (np.sqrt(3.0) * kilovolts)


class OutageFlow:
    """The power flows of one topology with lines out, and what their slopes share.

    Parameters
    ----------
    sweep:
        Solves them.
    out:
        Lines out in each of them, shape ``(n, n_line)``.
    branches:
        Of the grid.
    ends:
        Bus at the origin and at the extremity of each line, shape ``(2, n_line)``.
    sources:
        Buses where power is injected, which the slack takes out again, shape ``(n_sources,)``; -1:
        nowhere.
    factors:
        Power through each line per power injected at each bus with no line out (DC), shape
        ``(n_line, n_bus)``.

    Attributes
    ----------
    through:
        The same by the power of each source, with the lines out, shape ``(n, n_line, n_sources)``.
    """

    def __init__(
        self,
        sweep: OutageSweep,
        out: np.ndarray,
        branches: Branches,
        ends: np.ndarray,
        sources: np.ndarray,
        factors: np.ndarray,
    ) -> None:
        self.sweep, self.out, self.branches = sweep, out, branches
        self.ends, self.sources = ends, sources
        whole = np.where(sources >= 0, factors[:, sources], 0.0)
        across = factors[:, ends[0]] - factors[:, ends[1]]
        self.through = np.array([_without(np.flatnonzero(row), whole, across) for row in out])

    @cached_property
    def unknowns(self) -> np.ndarray:
        """Unknowns of angle and magnitude at both ends of each line, ``(2, 2, n_line)``; -1: none.

        Known once something was solved.
        """
        return np.array((self.sweep.angles[self.ends], self.sweep.magnitudes[self.ends]))

    @cached_property
    def equations(self) -> np.ndarray:
        """Equation of the active power at each source, shape ``(n_sources,)``; -1: none."""
        return np.where(self.sources >= 0, self.sweep.powers[self.sources], -1)


class OutageSlopes:
    """Loads after outages, and their slopes, line by line, by the adjoint method.

    The slopes of a load by all powers are the solution of one linear system with the transposed
    Jacobian, which lightsim2grid keeps. Of nearly all lines it is enough to know that generators
    cannot bring them to their limit (`reach`).

    Parameters
    ----------
    limits:
        Of the lines (A), shape ``(n_line,)``.
    start:
        As in `OutageSweep.solve`.

    Attributes
    ----------
    solved:
        Whether each power flow has a solution, shape ``(n,)``.
    rho:
        Loads, shape ``(n, n_line)``.
    """

    def __init__(
        self,
        flow: OutageFlow,
        injections: Injections,
        limits: np.ndarray,
        start: np.ndarray | None = None,
    ) -> None:
        self._flow, self._injections, self._start = flow, injections, start
        self._voltages, self.solved = flow.sweep.solve(injections, start)
        self.rho = flow.sweep.currents() / limits
        branches = flow.branches
        self._per_mw = branches.amperes / branches.base_mva / limits
        self._slopes = np.zeros((*self.rho.shape, len(flow.sources)))
        self._is_known = np.zeros(self.rho.shape, dtype=bool)
        self._moves, self._reach = b"", self.rho

    def reach(self, moves: np.ndarray) -> np.ndarray:
        """A bound of what moves add to each load, shape ``(n, n_line)``.

        It is what the DC power flow says, with a margin.
        """
        key = moves.tobytes()
        if key != self._moves:
            # the larger one of what goes up and what goes down
            moved = (np.abs(moves).sum() + abs(moves.sum())) / 2
            through = np.abs(self._flow.through @ moves) + AC_SHARE * moved
            self._moves, self._reach = key, through * self._per_mw
        return np.asarray(self._reach)

    def rows(self, numbers: int | np.ndarray, lines: np.ndarray) -> np.ndarray:
        """Slopes of lines, each after its outage, or all after one, ``(k, n_sources)``, per MW."""
        if not all_hold(self._is_known[numbers, lines]):
            is_new = np.zeros_like(self._is_known)
            is_new[numbers, lines] = True
            self._solve(*(is_new & ~self._is_known).nonzero())
        return np.asarray(self._slopes[numbers, lines])

    def _solve(self, numbers: np.ndarray, lines: np.ndarray) -> None:
        """Work out the slopes of lines after outages, whose numbers ascend."""
        self._is_known[numbers, lines] = True
        carries = self.rho[numbers, lines] > 0
        numbers, lines = numbers[carries], lines[carries]
        if not len(numbers):
            return
        flow, sweep = self._flow, self._flow.sweep
        voltages = self._voltages[numbers, flow.ends[:, lines]]
        # conjugate currents at the origin, by the voltage at each end
        parts = flow.branches.conjugate[:, lines] * voltages.conj()
        current = parts.sum(axis=0)
        direction = current.conj() * self._per_mw[lines] / np.maximum(np.abs(current), MIN_CURRENT)
        gradient = direction * parts
        by_unknown = np.array((gradient.imag, gradient.real / np.abs(voltages)))
        place = np.arange(len(numbers)) - numbers.searchsorted(numbers)
        # with a column more, for what is no unknown
        cotangents = np.zeros((len(self.rho), highest(place) + 1, sweep.size + 1))
        cotangents[numbers, place, flow.unknowns[:, :, lines]] = by_unknown
        solved = sweep.adjoint(self._injections, self._start, cotangents[:, :, :-1])
        slopes = solved[numbers, place].take(flow.equations, axis=1)
        self._slopes[numbers, lines] = np.where(flow.equations >= 0, slopes, 0.0)


def _without(lines: np.ndarray, factors: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Factors without some lines, shape ``(n_line, n_sources)``.

    Parameters
    ----------
    factors:
        Those with them.
    across:
        Power through each line per power that flows from the origin of another to its extremity.
    """
    if not len(lines):
        return factors
    # the pseudo-inverse, since the lines may split the grid: then there is no solution to ask for
    carried = np.linalg.pinv(np.eye(len(lines)) - across[np.ix_(lines, lines)]) @ factors[lines]
    return np.asarray(factors + across[:, lines] @ carried)


class LineSlopes:
    """The slopes of one power flow: of some lines, or of all, as an array ``(n_line, n_sources)``.

    Parameters
    ----------
    outages, number:
        What was solved, and which of it.
    alone:
        Solves the power flow without the others, for the slopes of all lines; None: it has no
        others.

    Attributes
    ----------
    outages, number:
        As given.
    """

    def __init__(
        self,
        outages: OutageSlopes,
        number: int = 0,
        alone: Callable[[], LineSlopes] | None = None,
    ) -> None:
        self.outages, self.number, self._alone = outages, number, alone

    def __deepcopy__(self, memory: object) -> LineSlopes:
        return self  # what was solved stays, whoever asks for it

    def reach(self, moves: np.ndarray) -> np.ndarray:
        """A bound of what moves (MW) add to each load, shape ``(n_line,)``."""
        return np.asarray(self.outages.reach(moves)[self.number])

    def __getitem__(self, lines: np.ndarray) -> np.ndarray:
        return self.outages.rows(self.number, lines)

    def __matmul__(self, moves: np.ndarray) -> np.ndarray:
        return np.asarray(self.all() @ moves)

    def all(self) -> np.ndarray:
        """The slopes of all lines."""
        if self._alone is not None:
            return self._alone().all()
        return self[np.arange(self.outages.rho.shape[1])]
