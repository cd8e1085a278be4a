"""Which split is held in an episode, which the recovery leaves alone."""

from __future__ import annotations

from ..actions.action_set import ActionSet


class PostureMemory:
    """The split that is held.

    Attributes
    ----------
    number:
        Of its action in the action set; None: the nominal topology is.
    substation:
        Number of its substation, or None.
    next_at:
        Step at which the risks are looked at again.
    """

    number: int | None = None
    substation: int | None = None
    next_at = 0

    def hold(self, number: int | None, actions: ActionSet) -> None:
        """Hold the split of an action, or none."""
        self.number = number
        self.substation = None if number is None else int(actions.substations[number])

    def leave(self) -> None:
        """Hold none, and look at once when the next attack may come."""
        self.number = self.substation = None
        self.next_at = 0
