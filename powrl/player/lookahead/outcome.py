"""The simulated outcome of one candidate action, and who can compute it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """What a candidate action leads to, one step ahead.

    Attributes
    ----------
    rho:
        Load of each line after the action, share of its thermal limit, shape ``(n_line,)``.
    legal:
        Whether grid2op's rules allow the action (and it is not ambiguous).
    game_over:
        Whether the episode ends with it.
    """

    rho: np.ndarray
    legal: bool
    game_over: bool

    @property
    def max_rho(self) -> float:
        """Load of the most loaded line; infinite for an illegal action or a game over."""
        if not self.legal or self.game_over:
            return float("inf")
        return float(self.rho.max())


class Simulator(Protocol):
    """Evaluates candidate actions from an observation.

    Attributes
    ----------
    batch_size:
        How many actions are best evaluated together.
    """

    batch_size: int

    def evaluate(self, observation: Any, actions: Sequence[Any]) -> list[Outcome]:
        """The outcome of each action (`GridAction`, or grid2op's), in the order given."""
        ...
