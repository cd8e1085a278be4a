"""The attacks that settings say are to be expected: on which lines, when, and what they come to."""

from __future__ import annotations

import numpy as np

from ..grid.grid import Grid
from ..lookahead.batch import BatchSimulator
from .attack_pause import AttackPause
from .attack_value import AttackValue
from .corrections import Corrections
from .redispatching_settings import RedispatchingSettings


class ExpectedAttacks:
    """What the posture and the plans of the generators know of the attacks to come.

    Parameters
    ----------
    grid:
        Has a line of each name among the contingencies.
    simulator:
        Evaluates corrections.
    settings:
        Of both.

    Attributes
    ----------
    lines:
        Numbers of the lines that are attacked, shape ``(n,)``.
    value:
        What an attack on each of them comes to.
    pause:
        Tells when the next one may come.
    corrections:
        What corrects the loss of a line.
    """

    def __init__(
        self, grid: Grid, simulator: BatchSimulator, settings: RedispatchingSettings
    ) -> None:
        numbers = [grid.line_numbers[name] for name in settings.contingencies]
        self.lines = np.array(numbers, dtype=int)
        self.value = AttackValue(len(numbers), settings.attack_values, settings.load_growth)
        self.pause = AttackPause(
            self.lines, settings.attack_pause, simulator.rules.reconnection_time
        )
        self.corrections = Corrections.by_settings(simulator, settings)
