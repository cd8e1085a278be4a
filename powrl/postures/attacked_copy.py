"""Copies of an episode that are attacked and played on, which leaves the episode as it was."""

from __future__ import annotations

import numpy as np

from ..engines.fast.episode import FastEpisode
from ..player.agent import PowRLAgent
from ..player.lookahead.batch import BatchSimulator
from ..player.rules.attack_losses import AttackLosses
from ..player.rules.corrections import Corrections
from ..player.rules.memory import EpisodeMemory
from ..player.rules.redispatching_settings import RedispatchingSettings
from .attack import Order
from .calm_state import NO_SOLUTION
from .opponent import WeightedOpponent

RISKY_LOAD, RISKY_CORRECTED = 0.95, 0.85
"""A loss that leaves less is survived, at once or corrected; no copy is played."""

STEPS_AFTER = 8
"""So long after its end an episode that was lost was lost to the attack."""


def attacked_copy(
    agent: PowRLAgent, episode: FastEpisode, memory: EpisodeMemory, steps: int
) -> FastEpisode:
    """A copy of an episode, attacked as ordered and played on.

    Parameters
    ----------
    agent:
        Plays the copy, and remembers nothing of it.
    episode:
        Its opponent is an `OrderedAttack`, whose order has the line.
    memory:
        What the agent knows when the attack begins; it stays as it is.
    steps:
        Are played at most.
    """
    manager = agent.manager
    before = manager.memory
    manager.memory = memory.copy()
    branch = episode.copy()
    last = branch.steps + steps
    while not branch.done and branch.steps < last:
        branch.step(agent.decide(branch.observation).action)
    manager.memory = before
    return branch


class LineAttacks:
    """Attacks on each line that an opponent draws, forced at a step of an episode.

    Parameters
    ----------
    agent:
        Plays the copies, and remembers nothing of them.
    simulator:
        Tells which losses are risky.
    opponent:
        Has the lines.
    order:
        That of the opponent of the episodes; it gets the duration of this opponent's attacks.

    Attributes
    ----------
    losses:
        What the loss of each line leaves, in the order of the opponent, corrected as by the agent.
    lines:
        Numbers of the lines.
    """

    def __init__(
        self,
        agent: PowRLAgent,
        simulator: BatchSimulator,
        opponent: WeightedOpponent,
        order: Order,
    ) -> None:
        own = agent.settings.overload.part(RedispatchingSettings)
        numbers = agent.manager.grid.line_numbers
        self.lines = np.array([numbers[name] for name in opponent.lines])
        corrections = Corrections.by_settings(simulator, own)
        self.losses = AttackLosses(simulator, corrections, self.lines, opponent.normalization)
        self._rows = simulator.positions.rows[self.lines]
        self._agent, self._order = agent, order
        order.steps = opponent.duration

    def fatal(
        self, episode: FastEpisode, lost: np.ndarray, corrected: np.ndarray
    ) -> dict[int, bool]:
        """Whether they end a copy of the episode, within the attack or `STEPS_AFTER` later.

        Parameters
        ----------
        episode:
            As in `attacked_copy`.
        lost, corrected:
            Highest load after the loss of each line, and after its best correction; at least
            `NO_SOLUTION` where the loss ends the episode at once.

        Returns
        -------
        fatal:
            For each line whose loss is risky, by its place in `lines`. All others are survived, end
            the episode at once, or are out.
        """
        is_risky = (lost > RISKY_LOAD) & (corrected > RISKY_CORRECTED) & (lost < NO_SOLUTION)
        is_risky &= episode.observation.line_status[self.lines]
        ends: dict[int, bool] = {}  # the losses of all lines in one row are the same
        fatal = {}
        for place in np.flatnonzero(is_risky).tolist():
            row = int(self._rows[place])
            if row not in ends:
                self._order.line = int(self.lines[place])
                steps, memory = self._order.steps + STEPS_AFTER, self._agent.manager.memory
                ends[row] = attacked_copy(self._agent, episode, memory, steps).game_over
            fatal[place] = ends[row]
        return fatal
