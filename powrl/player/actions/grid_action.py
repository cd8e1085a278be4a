"""An action as plain arrays: what is decided, simulated and played, on any grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from ..errors import NotSupportedError
from ..grid.grid2op_objects import ActionSpace, Grid2opAction
from ..grid.positions import Positions
from ..grid2op_internals import other_action_parts
from .curtailment import Curtailment
from .line_status import LineStatus
from .operator_warnings import Alarm, Alert
from .part import Part
from .redispatch import Redispatch
from .storage import Storage
from .topology import Topology

PARTS: tuple[type[Part], ...] = (
    *(Topology, LineStatus, Redispatch, Storage, Curtailment),
    *(Alarm, Alert),
)
"""What an action may be made of; a kind that is added here is played like the others."""

OTHER_PARTS = (
    "change_bus",
    "change_status",
    "inj",
    "shunt",
    "detach_load",
    "detach_gen",
    "detach_storage",
)
"""What a grid2op action may have that a `GridAction` cannot hold."""

SomePart = TypeVar("SomePart", bound=Part)


class GridAction:
    """An action made of parts (``grid2op.Action.BaseAction``); it is immutable.

    Parameters
    ----------
    topology, line_status:
        Which busbars and lines change.
    others:
        Further parts, at most one of a kind.

    Examples
    --------
    >>> from powrl.player.grid.positions import Positions
    >>> positions = Positions.from_grid2op(environment)
    >>> action = GridAction.nothing(positions)
    >>> action.is_nothing
    True
    """

    __slots__ = ("_others", "line_status", "topology")

    def __init__(self, topology: Topology, line_status: LineStatus, *others: Part) -> None:
        self.topology = topology
        self.line_status = line_status
        self._others = {type(part): part for part in others}

    @classmethod
    def nothing(cls, positions: Positions) -> GridAction:
        """The action that changes nothing.

        Parameters
        ----------
        positions:
            Those of the grid (`Grid.positions`).
        """
        return cls(
            Topology(np.zeros(positions.dim_topo, dtype=np.int8)),
            LineStatus(np.zeros(positions.n_line, dtype=np.int8)),
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

        Parameters
        ----------
        positions:
            Those of the grid (`Grid.positions`).
        substation:
            Its number.
        busbars:
            1 or 2 for each element of the substation, in the order of ``topo_vect``.
        topology:
            ``topo_vect``, shape ``(dim_topo,)``.
        """
        action = cls.nothing(positions)
        part = positions.part(substation)
        action.set_bus[part] = np.where(topology[part] > 0, busbars, 0)
        return action

    @classmethod
    def of_line(cls, positions: Positions, line: int, status: int) -> GridAction:
        """The action that opens or closes one line.

        Parameters
        ----------
        positions:
            Those of the grid (`Grid.positions`).
        line:
            Its number.
        status:
            -1 opens it, 1 closes it, on the busbars that it was last on.
        """
        action = cls.nothing(positions)
        action.set_line_status[line] = status
        return action

    @property
    def set_bus(self) -> np.ndarray:
        """Values of the part `Topology`, shape ``(dim_topo,)``, int8."""
        return self.topology.values

    @property
    def set_line_status(self) -> np.ndarray:
        """Values of the part `LineStatus`, shape ``(n_line,)``, int8."""
        return self.line_status.values

    @property
    def redispatch(self) -> np.ndarray | None:
        """Values of the part `Redispatch` (MW), shape ``(n_gen,)``, float32; None: it has none."""
        part = self.part(Redispatch)
        return None if part is None else part.values

    @property
    def parts(self) -> tuple[Part, ...]:
        """All its parts, topology and line status first."""
        return (self.topology, self.line_status, *self._others.values())

    def part(self, kind: type[SomePart]) -> SomePart | None:
        """Its part of a kind beyond topology and line status, or None: it has none.

        Parameters
        ----------
        kind:
            The class of the part, such as `powrl.player.actions.redispatch.Redispatch`.
        """
        part = self._others.get(kind)
        return part if isinstance(part, kind) else None

    @property
    def is_nothing(self) -> bool:
        """Whether the action names no element."""
        return all(part.is_nothing for part in self.parts)

    def changed_topology(self, topology: np.ndarray) -> np.ndarray:
        """``topo_vect`` with the busbars that the action sets, shape ``(dim_topo,)``.

        Parameters
        ----------
        topology:
            ``topo_vect`` before it.
        """
        return np.asarray(np.where(self.set_bus > 0, self.set_bus, topology))

    @property
    def is_topological(self) -> bool:
        """Whether the grid model of the fast simulation plays all of it."""
        return not self._others or all(
            part.is_topological or part.is_nothing for part in self._others.values()
        )

    @property
    def topological(self) -> GridAction:
        """The same topology and line status alone."""
        return GridAction(self.topology, self.line_status)

    @property
    def key(self) -> bytes:
        """The same for actions of the same topology and line status alone."""
        return self.set_bus.tobytes() + self.set_line_status.tobytes()

    def __add__(self, other: GridAction) -> GridAction:
        """Both actions in one, part by part; `other` has the last word."""
        others = dict(self._others)
        for kind, part in other._others.items():
            others[kind] = others[kind] + part if kind in others else part
        return GridAction(
            self.topology + other.topology,
            self.line_status + other.line_status,
            *others.values(),
        )

    def plus(self, *parts: Part) -> GridAction:
        """The action with `parts` added, each of which adds up with one of its kind."""
        others = dict(self._others)
        for part in parts:
            others[type(part)] = others[type(part)] + part if type(part) in others else part
        return GridAction(self.topology, self.line_status, *others.values())

    def to_grid2op(self, action_space: ActionSpace) -> Grid2opAction:
        """The same action as a grid2op action.

        Parameters
        ----------
        action_space:
            ``environment.action_space`` of grid2op.
        """
        content = {part.key: part.to_grid2op() for part in self.parts if not part.is_nothing}
        action: Grid2opAction = action_space(content)
        return action

    @classmethod
    def from_grid2op(cls, action: Grid2opAction) -> GridAction:
        """Read a grid2op action.

        Parameters
        ----------
        action:
            Any that is made of the parts in `PARTS`.

        Raises
        ------
        NotSupportedError
            The action has a part that is none of `PARTS`.
        """
        others = other_parts(action)
        if others:
            raise NotSupportedError(
                f"the action has the part {', '.join(others)}, which only grid2op itself can play; "
                f"give one with {', '.join(kind.key for kind in PARTS)} alone."
            )
        parts = [kind.from_grid2op(action) for kind in PARTS[2:]]
        return cls(
            Topology.from_grid2op(action),
            LineStatus.from_grid2op(action),
            *(part for part in parts if part is not None),
        )


def other_parts(action: Grid2opAction) -> list[str]:
    """What a grid2op action has that a `GridAction` cannot hold."""
    names = other_action_parts(action, OTHER_PARTS)
    if getattr(action, "backend_dependant_callback", None) is not None:
        names.append("backend_dependant_callback")
    return names


def require_topology_actions(action_space: ActionSpace) -> None:
    """Refuse an environment in which a `GridAction` cannot be played as it is.

    Raises
    ------
    NotSupportedError
        Its actions lack ``set_bus`` or ``set_line_status``.
    """
    lacking = {Topology.key, LineStatus.key} - set(action_space.actionClass.authorized_keys)
    if lacking:
        raise NotSupportedError(
            f"the actions of this environment have no {' and no '.join(sorted(lacking))}: "
            "powrl's agents cannot act in it."
        )
