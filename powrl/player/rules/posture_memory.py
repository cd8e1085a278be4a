"""Which splits are held in an episode, which the recovery leaves alone."""

from __future__ import annotations

from ..actions.action_set import ActionSet
from .splits import NOMINAL, Splits


class PostureMemory:
    """The splits that are held.

    Attributes
    ----------
    splits:
        Those that are held; none: the nominal topology is.
    substations:
        Numbers of their substations.
    next_at:
        Step at which the risks are looked at again.
    """

    splits: Splits = NOMINAL
    substations: frozenset[int] = frozenset()
    next_at = 0

    def hold(self, splits: Splits, actions: ActionSet) -> None:
        """Hold the splits of some actions, or none."""
        self.splits = splits
        self.substations = frozenset(int(actions.substations[number]) for number in splits)

    def leave(self) -> None:
        """Hold none, and look at once when the next attack may come."""
        self.splits, self.substations = NOMINAL, frozenset()
        self.next_at = 0
