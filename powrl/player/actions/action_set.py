"""The reduced action space: a list of substation topologies, with a file that a person can read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PowrlError
from ..files import read_text, write_text_whole
from ..grid.layout import GridLayout
from ..grid.observation import Observation
from ..json_text import parse_text
from .grid_action import GridAction
from .line_status import LineStatus
from .topology import Topology

FORMAT = "powrl action set 1"
MAX_BYTES = 256 * 10**6
"""Of an action file: more than a million actions."""


@dataclass(frozen=True)
class TopologyAction:
    """One substation topology.

    Attributes
    ----------
    substation:
        Index of the substation.
    busbars:
        Busbar (1 or 2) of each element of the substation, in the order of `GridLayout.elements`.
    """

    substation: int
    busbars: tuple[int, ...]


@dataclass(frozen=True)
class ActionSet:
    """Substation topologies that an agent may choose from, on one grid.

    Index ``i`` of the set is the policy's action ``i + 1``: the policy's action 0 is do nothing.

    Attributes
    ----------
    layout:
        The grid that they are for: the elements of each substation, by name.
    actions:
        The topologies, in the order in which a search without a policy tries them.

    Raises
    ------
    PowrlError
        A file of actions is damaged, or for another grid (`load`).

    Examples
    --------
    >>> actions = ActionSet.load(Path("actions.json"), layout)  # doctest: +SKIP
    >>> len(actions), actions.describe(0)  # doctest: +SKIP
    (90, 'sub_1: line 1_4_4 origin, load load_1_0 on busbar 2')
    """

    layout: GridLayout
    actions: tuple[TopologyAction, ...]

    def __len__(self) -> int:
        return len(self.actions)

    def __iter__(self) -> Iterator[TopologyAction]:
        return iter(self.actions)

    @cached_property
    def substations(self) -> np.ndarray:
        """Substation of each action, shape ``(len(self),)``."""
        return np.array([action.substation for action in self.actions], dtype=int)

    @cached_property
    def _targets(self) -> np.ndarray:
        """Busbars by action and position in ``topo_vect``; 0 where the action changes nothing."""
        targets = np.zeros((len(self), sum(map(len, self.layout.elements))), dtype=np.int8)
        for index, action in enumerate(self.actions):
            targets[index, self.layout.part(action.substation)] = action.busbars
        return targets

    @cached_property
    def _labels(self) -> list[str]:
        labels = []
        for action in self.actions:
            elements = zip(self.layout.elements[action.substation], action.busbars)
            on_second = [element for element, busbar in elements if busbar == 2]
            place = self.layout.substations[action.substation]
            labels.append(f"{place}: {', '.join(on_second) or 'nothing'} on busbar 2")
        return labels

    def describe(self, index: int) -> str:
        """One action in words.

        Parameters
        ----------
        index:
            Number of the action in the set, from 0.
        """
        return self._labels[index]

    def allowed(self, observation: Observation) -> np.ndarray:
        """Which actions are legal and change something now, shape ``(len(self),)``, bool.

        An action is out while its substation is in cooldown, and where the substation already has
        that topology.

        Parameters
        ----------
        observation:
            Its ``topo_vect`` and ``time_before_cooldown_sub`` are read.
        """
        return self.allowed_in(
            np.asarray(observation.topo_vect), np.asarray(observation.time_before_cooldown_sub)
        )

    def allowed_in(self, topology: np.ndarray, substation_cooldown: np.ndarray) -> np.ndarray:
        """`allowed`, from what it reads of an observation.

        Parameters
        ----------
        topology:
            ``topo_vect``, shape ``(dim_topo,)``.
        substation_cooldown:
            ``time_before_cooldown_sub`` (steps), shape ``(n_sub,)``.
        """
        free = substation_cooldown == 0
        differs = (self._targets != 0) & (topology > 0) & (self._targets != topology)
        return np.asarray(free[self.substations] & differs.any(axis=1))

    def candidates(
        self, topology: np.ndarray, substation_cooldown: np.ndarray
    ) -> tuple[np.ndarray, list[GridAction]]:
        """Indices of the allowed actions, and each as it is played in a ``topo_vect``.

        Parameters
        ----------
        topology, substation_cooldown:
            As in `allowed_in`.
        """
        allowed = np.flatnonzero(self.allowed_in(topology, substation_cooldown))
        return allowed, self.moves_in(topology, allowed)

    def moves_in(self, topology: np.ndarray, indices: np.ndarray) -> list[GridAction]:
        """Actions as they are played in a ``topo_vect`` (`busbars_in`).

        Parameters
        ----------
        topology, indices:
            As in `busbars_in`.
        """
        rows = self.busbars_in(topology, indices)
        return [GridAction(Topology(row), self._no_status) for row in rows]

    def busbars_in(self, topology: np.ndarray, indices: np.ndarray | int) -> np.ndarray:
        """Busbars that actions set as they are played in a ``topo_vect``, 0 where they set none.

        They leave out disconnected lines: naming their busbar would reconnect them, which is
        another action.

        Parameters
        ----------
        topology:
            ``topo_vect``, shape ``(dim_topo,)``.
        indices:
            Numbers of the actions in the set, from 0, shape ``(n,)``; or one number.

        Returns
        -------
        numpy.ndarray
            Shape ``(n, dim_topo)``, or that of one action, int8.
        """
        return np.where(topology > 0, self._targets[indices], np.int8(0))

    def played_in(self, topology: np.ndarray, index: int) -> GridAction:
        """One action as it is played in a ``topo_vect`` (`busbars_in`).

        Parameters
        ----------
        topology:
            ``topo_vect``, shape ``(dim_topo,)``.
        index:
            Number of the action in the set, from 0.
        """
        return GridAction(Topology(self.busbars_in(topology, index)), self._no_status)

    @cached_property
    def _no_status(self) -> LineStatus:
        return LineStatus(np.zeros(len(self.layout.lines), dtype=np.int8))

    def save(self, path: Path) -> None:
        """Write the readable file (JSON); replaces `path` only when complete.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        rows = []
        for action in self.actions:
            elements = self.layout.elements[action.substation]
            pairs = list(zip(elements, action.busbars))
            rows.append(
                {
                    "substation": self.layout.substations[action.substation],
                    "busbar_1": [element for element, busbar in pairs if busbar == 1],
                    "busbar_2": [element for element, busbar in pairs if busbar == 2],
                }
            )
        body = {"format": FORMAT, "grid": self.layout.to_json(), "actions": rows}
        write_text_whole(path, _readable_json(body))

    @classmethod
    def load(cls, path: Path, layout: GridLayout) -> ActionSet:
        """Read an action file and check it against the grid at hand.

        Parameters
        ----------
        path:
            The file, as `save` writes it.
        layout:
            The grid at hand (`Grid.layout`).

        Raises
        ------
        PowrlError
            The file is missing, is not an action file, or is for another grid.
        """
        body = _read_json(path)
        if not isinstance(body, dict) or body.get("format") != FORMAT:
            raise PowrlError(f"{path} is not an action file ({FORMAT!r}); make one: powrl reduce.")
        grid, rows = body.get("grid"), body.get("actions")
        if not isinstance(rows, list):
            raise PowrlError(f"{path} lacks its actions; make it again: powrl reduce.")
        GridLayout.from_json(grid, f"the action file {path}").require_same(
            layout, f"the action file {path}"
        )
        actions = tuple(_action(row, i, path, layout) for i, row in enumerate(rows))
        earlier: set[TopologyAction] = set()
        for index, action in enumerate(actions):
            if action in earlier:
                raise PowrlError(f"{path}, action {index}: it is there twice; remove it.")
            earlier.add(action)
        return cls(layout, actions)


def keeps_all_connected(busbars: Sequence[int], elements: Sequence[str]) -> bool:
    """Whether each busbar in use has two elements or more, one of them a line."""
    for busbar in (1, 2):
        connected = [element for place, element in zip(busbars, elements) if place == busbar]
        has_line = any(element.startswith("line ") for element in connected)
        if connected and (len(connected) < 2 or not has_line):
            return False
    return True


def _action(row: object, index: int, path: Path, layout: GridLayout) -> TopologyAction:
    where = f"{path}, action {index}"
    if not isinstance(row, dict) or set(row) != {"substation", "busbar_1", "busbar_2"}:
        raise PowrlError(f"{where}: needs just the keys substation, busbar_1 and busbar_2.")
    name = row["substation"]
    if name not in layout.substations:
        raise PowrlError(f"{where}: the grid has no substation {name!r}.")
    substation = layout.substations.index(name)
    elements = layout.elements[substation]
    placed: list[str] = []
    for key in ("busbar_1", "busbar_2"):
        if not isinstance(row[key], list) or not all(isinstance(e, str) for e in row[key]):
            raise PowrlError(f"{where}: {key} is not a list of elements.")
        placed.extend(row[key])
    for element in placed:
        if element not in elements:
            raise PowrlError(f"{where}: substation {name!r} has no element {element!r}.")
        if placed.count(element) > 1:
            raise PowrlError(f"{where}: element {element!r} is named twice.")
    for element in elements:
        if element not in placed:
            raise PowrlError(f"{where}: element {element!r} is on no busbar.")
    second = set(row["busbar_2"])
    busbars = tuple(2 if element in second else 1 for element in elements)
    if not keeps_all_connected(busbars, elements):
        raise PowrlError(
            f"{where}: it disconnects; a busbar in use needs two elements or more, one of them a "
            "line."
        )
    return TopologyAction(substation, busbars)


def _read_json(path: Path) -> Any:
    try:
        return parse_text(read_text(path, MAX_BYTES))
    except OSError as error:
        raise PowrlError(f"cannot read the action file {path} ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise PowrlError(f"the action file {path} is not readable as JSON ({error}).") from error


def _readable_json(body: dict[str, Any]) -> str:
    """JSON with one line per substation and per action."""
    grid = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in body["grid"].items())
    rows = ",\n".join(f"  {json.dumps(row)}" for row in body["actions"])
    return (
        f'{{\n"format": {json.dumps(body["format"])},\n"grid": {{\n{grid}\n}},\n'
        f'"actions": [\n{rows}\n]\n}}\n'
    )
