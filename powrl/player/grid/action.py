"""An action as plain arrays: what is decided, simulated and played, on any grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import PowrlError
from .positions import Positions

OTHER_PARTS = (
    "change_bus",
    "change_status",
    "curtailment",
    "storage",
    "inj",
    "shunt",
    "detach_load",
    "detach_gen",
    "detach_storage",
    "alarm",
    "alert",
)
"""What a grid2op action may have that a `GridAction` cannot hold."""


@dataclass(frozen=True, eq=False)
class GridAction:
    """Topology and redispatching of a grid2op action (``grid2op.Action.BaseAction``).

    Attributes
    ----------
    set_bus:
        Per position of ``topo_vect``: 0 leaves it, 1 and 2 are busbars, -1 disconnects; shape
        ``(dim_topo,)``, int8.
    set_line_status:
        Per line: 0 leaves it, 1 reconnects it to the busbars it was last on, -1 disconnects it;
        shape ``(n_line,)``, int8.
    redispatch:
        By how much the target of each generator changes (MW), shape ``(n_gen,)``, float32; None:
        not at all. Only grid2op itself plays and simulates it.
    """

    set_bus: np.ndarray
    set_line_status: np.ndarray
    redispatch: np.ndarray | None = None

    @classmethod
    def nothing(cls, positions: Positions) -> GridAction:
        """The action that changes nothing."""
        return cls(
            np.zeros(positions.dim_topo, dtype=np.int8), np.zeros(positions.n_line, dtype=np.int8)
        )

    @classmethod
    def of_substation(
        cls,
        positions: Positions,
        substation: int,
        busbars: Sequence[int] | np.ndarray,
        topology: np.ndarray,
    ) -> GridAction:
        """The action that puts one substation into a topology, from the present ``topo_vect``.

        The positions of disconnected lines are left out: naming their busbar would reconnect them,
        which is another action, and illegal while they are in cooldown.
        """
        action = cls.nothing(positions)
        part = positions.part(substation)
        action.set_bus[part] = np.where(topology[part] > 0, busbars, 0)
        return action

    @property
    def is_nothing(self) -> bool:
        """Whether the action names no element."""
        return not (self.set_bus.any() or self.set_line_status.any() or self.redispatches)

    @property
    def redispatches(self) -> bool:
        """Whether the action moves a generator."""
        return self.redispatch is not None and bool(self.redispatch.any())

    def __add__(self, other: GridAction) -> GridAction:
        """Both actions in one; where both name an element, `other` has the last word.

        Redispatching adds up, as it does in grid2op.
        """
        moves = [each for each in (self.redispatch, other.redispatch) if each is not None]
        return GridAction(
            np.where(other.set_bus != 0, other.set_bus, self.set_bus),
            np.where(other.set_line_status != 0, other.set_line_status, self.set_line_status),
            np.asarray(sum(moves), dtype=np.float32) if moves else None,
        )

    def to_grid2op(self, action_space: Any) -> Any:
        """The same action as a grid2op action."""
        content: dict[str, Any] = {}
        if self.set_bus.any():
            content["set_bus"] = self.set_bus.astype(np.int32)
        if self.set_line_status.any():
            content["set_line_status"] = self.set_line_status.astype(np.int32)
        if self.redispatches:
            content["redispatch"] = self.redispatch
        return action_space(content)

    @classmethod
    def from_grid2op(cls, action: Any) -> GridAction:
        """Read a grid2op action.

        Raises
        ------
        PowrlError
            The action does more than set busbars and line statuses, and redispatch.
        """
        others = other_parts(action)
        if others:
            raise PowrlError(
                f"the action has the part {', '.join(others)}, which only grid2op itself can play; "
                "give one with set_bus, set_line_status and redispatch alone."
            )
        return cls(
            action.set_bus.astype(np.int8),
            action.line_set_status.astype(np.int8),
            action.redispatch.astype(np.float32) if action._modif_redispatch else None,
        )


def other_parts(action: Any) -> list[str]:
    """What a grid2op action has that a `GridAction` cannot hold."""
    found = [part for part in OTHER_PARTS if getattr(action, f"_modif_{part}", False)]
    if getattr(action, "backend_dependant_callback", None) is not None:
        found.append("backend_dependant_callback")
    return found


def require_topology_actions(action_space: Any) -> None:
    """Refuse an environment in which a `GridAction` cannot be played as it is.

    Raises
    ------
    PowrlError
        Its actions lack ``set_bus`` or ``set_line_status``.
    """
    lacking = {"set_bus", "set_line_status"} - set(action_space.actionClass.authorized_keys)
    if lacking:
        raise PowrlError(
            f"the actions of this environment have no {' and no '.join(sorted(lacking))}: "
            "powrl's agents cannot act in it."
        )
