"""Copies of an episode that are attacked and played on, which leaves the episode as it was."""

from __future__ import annotations

import numpy as np

from ..engines.fast.episode import FastEpisode
from ..player.agent import PowRLAgent
from ..player.rules.memory import EpisodeMemory
from .attack import Order
from .calm_state import NO_SOLUTION

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


def fatal_attacks(
    agent: PowRLAgent,
    episode: FastEpisode,
    order: Order,
    lines: np.ndarray,
    rows: np.ndarray,
    lost: np.ndarray,
    corrected: np.ndarray,
) -> dict[int, bool]:
    """Whether attacks end a copy of an episode, within the attack or `STEPS_AFTER` later.

    Parameters
    ----------
    agent, episode:
        As in `attacked_copy`.
    order:
        That of the opponent, with the duration of an attack.
    lines:
        Numbers of the lines that are attacked.
    rows:
        The lines in one row with them have the same number: their losses are the same.
    lost, corrected:
        Highest load after the loss of each line, and after its best correction; at least
        `NO_SOLUTION` where the loss ends the episode at once.

    Returns
    -------
    fatal:
        For each line whose loss is risky, by its place in `lines`. All others are survived, end the
        episode at once, or are out.
    """
    is_risky = (lost > RISKY_LOAD) & (corrected > RISKY_CORRECTED) & (lost < NO_SOLUTION)
    is_risky &= episode.observation.line_status[lines]
    ends: dict[int, bool] = {}
    fatal = {}
    for place in np.flatnonzero(is_risky).tolist():
        row = int(rows[place])
        if row not in ends:
            order.line = int(lines[place])
            steps, memory = order.steps + STEPS_AFTER, agent.manager.memory
            ends[row] = attacked_copy(agent, episode, memory, steps).game_over
        fatal[place] = ends[row]
    return fatal
