"""Screening of substation topologies by estimated loads, for sets that are too large for AC.

Loads are those of `powrl.player.lookahead.split_estimate`, from the power flow of the state in
which the substation is not split.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import PowrlError
from ..player.actions.grid_action import GridAction
from ..player.lookahead.batch import BatchSimulator
from ..player.lookahead.grid_model import GridModel
from ..player.lookahead.split_estimate import SplitEstimator
from ..player.lookahead.state import GridState

LEAST_RECALL = 0.9
"""Of the states in which the survivors hold the AC best: below it, screening is refused."""

AS_GOOD = 1e-3
"""Loads that differ by less are equally good."""

BLOCK = 512
"""Topologies whose loads are estimated at once."""


class Screen:
    """Estimates the load after substation topologies, and keeps the best for AC.

    Whether the best ones are among them depends on the grid. `screened` refuses to screen until
    `trust` has accepted a recall that `measure_recall` measured.

    Parameters
    ----------
    grid:
        Grid of the environment's backend; the screening works on a copy.

    Attributes
    ----------
    trusted:
        Whether `trust` was given a recall that is good enough.
    """

    def __init__(self, grid: GridModel) -> None:
        self.positions = grid.positions
        self.trusted = False
        self._estimator = SplitEstimator(grid.copy())

    def trust(self, recall: float) -> None:
        """Accept the recall that was measured on this grid.

        Raises
        ------
        PowrlError
            It is below `LEAST_RECALL`.
        """
        if recall < LEAST_RECALL:
            raise PowrlError(
                f"screening keeps the best action in only {recall:.0%} of the states of this "
                "grid; evaluate all actions, or keep more of them."
            )
        self.trusted = True

    def best(
        self, state: GridState, substation: int, busbars: np.ndarray, keep: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The topologies of one substation with the lowest estimated load.

        Parameters
        ----------
        busbars:
            Busbar (1 or 2) of each element of the substation, shape ``(n, n_elements)``. Elements
            that are disconnected stay so.
        keep:
            How many to return.

        Returns
        -------
        numbers, loads:
            Which of them, best first, and the estimated load of the most loaded line; infinite
            where the power flow without a split has no solution, or the busbars are isolated.
        """
        joined, part = state.topology.copy(), self.positions.part(substation)
        joined[part] = np.where(joined[part] > 0, 1, -1)
        estimate = self._estimator.at(state.with_topology(joined))
        if estimate is None:
            return np.arange(len(busbars))[:keep], np.full(min(keep, len(busbars)), np.inf)
        loads = np.empty(len(busbars))
        for first in range(0, len(busbars), BLOCK):
            rows = busbars[first : first + BLOCK]
            set_bus = np.zeros((len(rows), self.positions.dim_topo), dtype=np.int8)
            set_bus[:, part] = np.where(joined[part] > 0, rows, 0)
            loads[first : first + BLOCK] = estimate.rho_after(set_bus).max(axis=1)
        numbers = loads.argsort(kind="stable")[:keep]
        return numbers, loads[numbers]


def measure_recall(
    screen: Screen,
    simulator: BatchSimulator,
    states: Sequence[GridState],
    topologies: dict[int, np.ndarray],
    keep: int,
) -> float:
    """In what share of the states the topologies that are kept hold the best one of AC.

    Parameters
    ----------
    topologies:
        Substation -> busbars of its elements in each topology, shape ``(n, n_elements)``: the set
        of which `keep` survive altogether.

    Returns
    -------
    float
        Where the best kept is within `AS_GOOD` of the best of all.
    """
    held = []
    for state in states:
        survivors = _survivors(screen, state, topologies, keep)
        everything = [
            GridAction.of_substation(screen.positions, substation, row, state.topology)
            for substation, busbars in topologies.items()
            for row in busbars
        ]
        loads = [outcome.max_rho for outcome in simulator.evaluate_state(state, everything)]
        after = [outcome.max_rho for outcome in simulator.evaluate_state(state, survivors)]
        if np.isfinite(min(loads)):
            held.append(min(after) <= min(loads) + AS_GOOD)
    return float(np.mean(held)) if held else 0.0


def screened(
    screen: Screen, state: GridState, topologies: dict[int, np.ndarray], keep: int
) -> list[GridAction]:
    """The `keep` topologies with the lowest estimated load, best first.

    Substations in cooldown are left out: there no action is legal.

    Raises
    ------
    PowrlError
        The screening of this grid is not trusted.
    """
    if not screen.trusted:
        raise PowrlError(
            "Screening may miss the best actions on this grid: measure its recall with "
            "measure_recall, and accept it with Screen.trust."
        )
    return _survivors(screen, state, topologies, keep)


def _survivors(
    screen: Screen, state: GridState, topologies: dict[int, np.ndarray], keep: int
) -> list[GridAction]:
    ranked: list[tuple[float, int, np.ndarray]] = []
    for substation, busbars in topologies.items():
        if state.substation_cooldown[substation] > 0:
            continue
        numbers, loads = screen.best(state, substation, busbars, keep)
        ranked += [
            (float(load), substation, busbars[number])
            for number, load in zip(numbers, loads, strict=True)
        ]
    ranked.sort(key=lambda row: row[0])
    return [
        GridAction.of_substation(screen.positions, substation, row, state.topology)
        for _, substation, row in ranked[:keep]
    ]
