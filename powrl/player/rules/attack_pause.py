"""When the next attack may come of an opponent that pauses for each of its attacks."""

from __future__ import annotations

import numpy as np

from ..grid.observation import Observation
from ..grid.reductions import any_hold

LEAD_STEPS = 12
"""So long before an attack may come, it is prepared for."""


class PauseCounter:
    """The counter of ``grid2op.Opponent.OpponentSpace``, as far as observations tell of it.

    Attributes
    ----------
    step:
        At which it was brought up to date.
    left:
        The counter, or None: no step was seen yet.
    attack_ends:
        Step at which the lines of the last attack are free.
    """

    def __init__(self) -> None:
        self.step = 0
        self.left: int | None = None
        self.attack_ends = -1


class AttackPause:
    """Tells when the next attack may come.

    The counter of the opponent begins at ``attack_cooldown`` steps, falls by 1 a step, and rises by
    as many with each attack. While it is higher than ``attack_cooldown``, nothing is attacked. So
    the opponent of NeurIPS 2020, which pauses for 288 steps and draws the time of its next attack
    from as many (``WeightedRandomOpponent``), attacks once in each day of the episode::

        attack      |    x        |         x   |  x          |
        possible    |#####--------|##########---|###----------|
        step        0            288           576           864

    Parameters
    ----------
    lines:
        Numbers of the lines that are attacked.
    pause:
        Steps that an attack adds to the counter; 0: the next attack may come at any time.
    reconnection_time:
        Steps for which a line that protections opened is in cooldown; an attacked one is for more.
    """

    def __init__(self, lines: np.ndarray, pause: int, reconnection_time: int) -> None:
        self._lines = lines
        self._pause = pause
        self._reconnection_time = reconnection_time

    def watch(self, counter: PauseCounter, observation: Observation) -> None:
        """Bring a counter up to date; to be called at each step.

        Parameters
        ----------
        counter:
            Of the episode.
        """
        step = int(observation.current_step)
        before = self._pause if counter.left is None else counter.left
        counter.left = max(0, before - (step - counter.step))
        counter.step = step
        ends = step + self._steps_under_attack(observation)
        if ends > step >= counter.attack_ends:
            counter.left += self._pause
        counter.attack_ends = max(counter.attack_ends, ends)

    def _steps_under_attack(self, observation: Observation) -> int:
        """For how long the attack that is under way goes on; 0: there is none."""
        out = ~np.asarray(observation.line_status)[self._lines]
        if not any_hold(out):
            return 0
        cooldown = np.asarray(observation.time_before_cooldown_line)[self._lines]
        in_maintenance = np.asarray(observation.time_next_maintenance)[self._lines] == 0
        attacked = out & (cooldown > self._reconnection_time) & ~in_maintenance
        return int(cooldown[attacked].max(initial=0))

    def possible_in(self, counter: PauseCounter) -> int:
        """Steps before the first one in which an attack may come; 0: it may come in the next."""
        if not self._pause or counter.left is None:
            return 0
        return max(1, counter.left - self._pause, counter.attack_ends - counter.step) - 1
