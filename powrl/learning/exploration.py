"""How the actions of a rollout are drawn from a policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Exploration:
    """How actions are drawn from the preferences of a policy.

    Attributes
    ----------
    masked:
        Draw among the legal actions alone. Otherwise an illegal action may be drawn, in whose
        place nothing is done.
    epsilon:
        Share of the actions that are drawn evenly; the others are the best ones. None: draw with
        the probabilities of the policy.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> logits, mask = np.array([0.0, 1.0, 9.0]), np.array([True, True, False])
    >>> Exploration(epsilon=0.0).draw(logits, mask, random)
    1
    """

    masked: bool = True
    epsilon: float | None = None

    def draw(self, logits: np.ndarray, mask: np.ndarray, random: np.random.Generator) -> int:
        """Draw an action.

        Parameters
        ----------
        logits:
            Preference for each action, shape ``(n_actions,)``.
        mask:
            The legal actions, shape ``(n_actions,)``, bool.
        """
        if not self.masked:
            mask = np.ones_like(mask)
        if self.epsilon is None:
            weights = np.where(mask, np.exp(logits.astype(float) - logits[mask].max()), 0.0)
            return int(random.choice(len(weights), p=weights / weights.sum()))
        if random.random() < self.epsilon:
            return int(random.choice(np.flatnonzero(mask)))
        return int(np.where(mask, logits, -np.inf).argmax())
