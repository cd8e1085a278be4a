"""Choosing the actions to keep: coverage of the stressed states, then alternatives."""

from __future__ import annotations

import numpy as np

from .states import StressedStates

WORST_RHO = 2.0
"""Loads are counted up to this; a blackout counts as much."""


def select_actions(
    states: StressedStates, size: int, safe_rho: float, least_gain: float = 1e-3
) -> list[int]:
    """Indices of at most `size` actions, in the order in which they were chosen.

    Each round covers the states greedily: the action is added that most lowers the sum over the
    states of the best load reached so far, where loads below `safe_rho` count as `safe_rho`. When
    no action lowers it any more, another round begins among those left, so that a state gets
    alternatives for when the first answer is in cooldown. It ends early when no action left
    relieves any state.
    """
    loads = np.clip(states.after, safe_rho, WORST_RHO)
    start = np.clip(states.nothing, safe_rho, WORST_RHO)
    left = np.ones(loads.shape[1], dtype=bool)
    chosen: list[int] = []
    best = start.copy()
    round_began = True
    while len(chosen) < size and left.any():
        gains = np.maximum(best[:, None] - loads, 0).sum(axis=0)
        gains[~left] = -1
        action = int(np.argmax(gains))
        if gains[action] < least_gain:
            if round_began:
                break
            best, round_began = start.copy(), True
            continue
        chosen.append(action)
        left[action] = False
        best = np.minimum(best, loads[:, action])
        round_began = False
    return chosen
