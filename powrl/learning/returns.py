"""Returns and advantages where decisions are a varying number of grid steps apart."""

from __future__ import annotations

import numpy as np


def decision_advantages(
    rewards: np.ndarray,
    values: np.ndarray,
    next_values: np.ndarray,
    discounts: np.ndarray,
    ended: np.ndarray,
    gae_lambda: float,
) -> np.ndarray:
    """Generalised advantage estimates (Schulman et al. 2016) of a semi-Markov process.

    stable-baselines3 discounts once per decision; here the value of the next decision is
    discounted once per grid step that passes until it (Sutton, Precup and Singh 1999).

    Parameters
    ----------
    rewards, values:
        Reward and value of each decision, shape ``(n_steps, n_environments)``.
    next_values:
        Value of the state after the last decision, shape ``(n_environments,)``.
    discounts:
        ``gamma ** k`` for a decision after which k grid steps passed; same shape as `rewards`.
    ended:
        Whether the episode ended with the decision; same shape.
    """
    advantages = np.zeros_like(values)
    later = np.zeros_like(next_values)
    for step in reversed(range(len(rewards))):
        discount = discounts[step] * ~ended[step]
        delta = rewards[step] + discount * next_values - values[step]
        later = delta + discount * gae_lambda * later
        advantages[step], next_values = later, values[step]
    return advantages


def discounted_returns(rewards: np.ndarray, discounts: np.ndarray) -> np.ndarray:
    """Reward from each decision to the end of its episode, float32.

    Parameters
    ----------
    rewards, discounts:
        Reward and discount of each decision of one episode, shape ``(n,)``; discounts as in
        `decision_advantages`.
    """
    returns = np.zeros(len(rewards), dtype=np.float32)
    later = 0.0
    for step in reversed(range(len(rewards))):
        returns[step] = later = rewards[step] + discounts[step] * later
    return returns
