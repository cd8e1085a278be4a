"""The simulated outcome of one candidate action, and who can compute it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Union

import numpy as np

from ..actions.grid_action import GridAction
from ..grid.grid2op_objects import Grid2opAction
from ..grid.observation import Observation

if TYPE_CHECKING:
    from .batch import BatchSimulator
    from .state import GridState

AnyAction = Union[GridAction, Grid2opAction]


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

    @property
    def batch(self) -> BatchSimulator | None:
        """The simulator that plays from states, or None: this one needs observations."""
        ...

    def state_of(self, observation: Observation) -> GridState | None:
        """The state that actions are played from, or None: only ``simulate`` knows it."""
        ...

    def evaluate(self, observation: Observation, actions: Sequence[AnyAction]) -> list[Outcome]:
        """The outcome of each action (`GridAction`, or grid2op's), in order."""
        ...
