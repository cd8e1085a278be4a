"""Lines whose loss nothing answers: kept at low loads, since opponents attack by load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..lookahead.batch import BatchSimulator
from ..lookahead.state import GridState
from .case import Case
from .situation import Situation

LOW_LOAD = 0.05
"""A load below this is as low as any: the derivative of a current has no sense near zero."""

HARMFUL_LOAD = 0.9
"""A loss that leaves more may overload the grid while the attack lasts."""


class Exposure:
    """Tells what the loads of exposed lines cost in a plan of the generators.

    The opponent of WCCI 2022 draws the line that it attacks by the rank of its load, so that one
    that carries less is attacked less. That of a line counts only while its loss would do harm.

    Parameters
    ----------
    simulator:
        Evaluates the losses.
    lines:
        Numbers of the lines.
    """

    def __init__(self, simulator: BatchSimulator, lines: Sequence[int]) -> None:
        self._simulator = simulator
        self._lines = np.array(lines, dtype=int)

    def case(
        self, situation: Situation, state: GridState, present: Case, weight: float
    ) -> Case | None:
        """The present grid at what the loads of exposed lines cost, or None: nothing.

        Parameters
        ----------
        state:
            The grid as it will be after the action of this step.
        present:
            Its loads and how they answer.
        weight:
            Cost of a load of 1, against 1 of each MW held.
        """
        if not len(self._lines) or situation.clock.stops():
            return None
        lines = self._harmful(situation, state)
        if not len(lines):
            return None
        weights = np.zeros(len(present.rho))
        weights[lines] = weight
        return replace(present, limit=LOW_LOAD, weight=weights)

    def _harmful(self, situation: Situation, state: GridState) -> np.ndarray:
        """Numbers of the lines in service whose loss leaves a high load, or none at all."""
        in_service = self._lines[state.line_status(self._simulator.positions)[self._lines]]
        situation.clock.count(len(in_service))
        outcomes = self._simulator.after_losses(state, in_service)
        harmful = [outcome.max_rho > HARMFUL_LOAD for outcome in outcomes]
        return np.asarray(in_service[np.array(harmful, dtype=bool)])
