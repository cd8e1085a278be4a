"""What the losses of attacked lines leave, in each of some topologies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..lookahead.batch import BatchSimulator
from ..lookahead.state import GridState
from .attack_draw import draw_shares
from .corrections import Corrections
from .situation import Situation

HARMLESS_LOAD = 0.97
"""A loss that leaves less needs no correction."""

COMPOSED = 12
"""So many corrections of the nominal topology are tried on top of each other topology."""


class AttackLosses:
    """Simulates the loss of each line that an opponent attacks, and its corrections.

    Parameters
    ----------
    simulator:
        Evaluates topologies.
    corrections:
        What corrects losses.
    lines:
        Numbers of the lines that are attacked.
    normalization:
        One for each of them, by which the opponent draws a line; empty: they are all alike.
    """

    def __init__(
        self,
        simulator: BatchSimulator,
        corrections: Corrections,
        lines: np.ndarray,
        normalization: Sequence[float],
    ) -> None:
        self._simulator = simulator
        self._corrections = corrections
        self._lines = lines
        self._normalization = tuple(normalization)
        # the loss of one line in a row is that of the others, and has the same corrections
        self._rows = simulator.positions.rows[lines]

    def shares(self, situation: Situation, state: GridState, topologies: np.ndarray) -> np.ndarray:
        """How often each line is drawn in each topology, shape ``(n, n_lines)``.

        Parameters
        ----------
        situation:
            The step; its clock counts the power flows.
        state:
            The grid with its nominal topology.
        topologies:
            Shape ``(n, dim_topo)``; each is feasible.
        """
        situation.clock.count(len(topologies))
        rho = self._simulator.rho_in(state, topologies)[:, self._lines]
        return draw_shares(rho, self._normalization)

    def loads(
        self, situation: Situation, state: GridState, topologies: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Highest load after the loss of each line, and after its correction.

        Parameters
        ----------
        situation, state, topologies:
            As in `shares`.

        Returns
        -------
        lost, corrected:
            Shapes ``(n, n_lines)``; infinite where the loss ends the episode at once: then there is
            nothing to correct. None: there was no time for all lines.
        """
        after, searched = [], {}
        for line, row in zip(self._lines.tolist(), self._rows.tolist()):
            if situation.clock.stops():
                return None
            without = topologies.copy()
            without[:, self._ends(line)] = -1
            situation.clock.count(len(without))
            lost = self._simulator.loads_in(state, without)
            if row not in searched:
                nominal = state.without_line(self._simulator.positions, line)
                searched[row] = self._corrected(situation, nominal, without, lost)
            after.append((lost, searched[row]))
        lost, corrected = (np.array(loads).T for loads in zip(*after))
        return lost, corrected

    def _corrected(
        self, situation: Situation, nominal: GridState, topologies: np.ndarray, lost: np.ndarray
    ) -> np.ndarray:
        """Highest load after the best correction, shape ``(n,)``, of topologies without a line."""
        corrected = lost.copy()
        to_correct = np.flatnonzero((lost > HARMLESS_LOAD) & np.isfinite(lost))
        if not len(to_correct):
            return corrected
        after = self._corrections.best(situation, nominal).topologies[:COMPOSED]
        if not len(after):
            return corrected
        composed = [
            self._composed(nominal.topology, after, topologies[one]) for one in to_correct.tolist()
        ]
        situation.clock.count(len(composed) * len(after))
        loads = self._simulator.loads_in(nominal, np.concatenate(composed))
        least = loads.reshape(len(composed), -1).min(axis=1)
        corrected[to_correct] = np.minimum(lost[to_correct], least)
        return corrected

    def _ends(self, line: int) -> list[int]:
        positions = self._simulator.positions
        return [int(positions.origin[line]), int(positions.extremity[line])]

    def _composed(
        self, nominal: np.ndarray, corrected: np.ndarray, topology: np.ndarray
    ) -> np.ndarray:
        """A topology with the substations that each correction changes as it makes them."""
        substation = self._simulator.positions.substation
        rows, places = np.nonzero(corrected != nominal)
        changes = np.zeros((len(corrected), int(substation.max()) + 1), dtype=bool)
        changes[rows, substation[places]] = True
        composed = np.where(changes[:, substation], corrected, topology)
        return np.asarray(np.where(topology < 0, topology, composed))
