"""How likely the next attack is to end the episode, in each of some topologies."""

from __future__ import annotations

import numpy as np

from ..lookahead.state import GridState
from .attack_losses import AttackLosses
from .attack_value import AttackValue
from .situation import Situation


class AttackRisk:
    r"""Tells the chance that the next attack ends the episode, in each of some topologies.

    The opponent draws a line by its load :math:`\rho` over its normalization :math:`n`
    (``WeightedRandomOpponent``). With the chance :math:`p` that the loss of a line ends the
    episode (`AttackValue`), the risk is

    .. math:: \sum_l \frac{\rho_l / n_l}{\sum_k \rho_k / n_k}\; p_l

    Parameters
    ----------
    losses:
        What the loss of each line leaves, and how often it is drawn.
    value:
        What an attack on each of them comes to.
    """

    def __init__(self, losses: AttackLosses, value: AttackValue) -> None:
        self._losses = losses
        self._value = value

    def risks(
        self, situation: Situation, state: GridState, topologies: np.ndarray
    ) -> np.ndarray | None:
        """The risk of each topology, shape ``(n,)``; None: there was no time to tell.

        Parameters
        ----------
        situation, state, topologies:
            As in `AttackLosses.shares`.
        """
        after = self._losses.loads(situation, state, topologies)
        if after is None:
            return None
        shares = self._losses.shares(situation, state, topologies)
        chances = self._value.chance(situation.observation, *after)
        return np.asarray((shares * chances).sum(axis=1))
