"""Lines that an attack may still hold, where their cooldown does not say so."""

from __future__ import annotations

import numpy as np

from ..grid.grid import Grid
from ..grid.observation import Observation

SHORTEST_ATTACK, LONGEST_ATTACK = 12, 96
"""Steps that an attack lasts on IDF 2023 (``attack_duration`` draws of its opponents)."""


def attacked_lines(
    grid: Grid, observation: Observation, least: int = 0, below: int = LONGEST_ATTACK
) -> np.ndarray:
    """Lines that are out since an attack that may go on, shape ``(n_line,)``, bool.

    An opponent that attacks anew in each step leaves the cooldown of its line at 0, and grid2op
    simulates that the line can be reconnected (``GeometricOpponentMultiArea``). Where there are
    alerts, the observation counts the steps since the attack began. Other opponents hold their
    line in cooldown.

    Parameters
    ----------
    grid:
        What is played on.
    observation:
        An observation of grid2op or of the episode stepper.
    least, below:
        Steps since the attack began: from `least` on and less than `below`.
    """
    attacked = np.zeros(grid.n_line, dtype=bool)
    if len(grid.alertable_lines):
        age = np.asarray(observation.time_since_last_attack)
        attacked[grid.alertable_lines] = (age >= least) & (age < below)
    return np.asarray(attacked & ~np.asarray(observation.line_status))
