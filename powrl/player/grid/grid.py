"""The static part of a grid, in one place: names, numbers, positions, generators, areas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .generators import Generators
from .grid2op_objects import ActionSpace
from .layout import GridLayout
from .positions import Positions


@dataclass(frozen=True, eq=False)
class Grid:
    """What never changes of a grid (``grid2op.Space.GridObjects``), and what actions may do in it.

    Attributes
    ----------
    positions:
        Positions of elements in ``topo_vect``.
    name_line, name_sub:
        Names of lines and substations, shapes ``(n_line,)`` and ``(n_sub,)``.
    line_or_to_subid, line_ex_to_subid:
        Substations at both ends of each line, shape ``(n_line,)``.
    n_gen, n_load:
        Numbers of generators and loads.
    layout:
        Which element is connected to which substation, by name.
    generators:
        Generators that can be redispatched.
    action_keys:
        The parts that grid2op allows in an action (``authorized_keys``).
    alarm_areas:
        Areas that an alarm can be raised for, each with the numbers of its lines; empty where
        there are no alarms.
    alertable_lines:
        Numbers of the lines that an alert can be raised for; empty where there are no alerts.

    Examples
    --------
    >>> grid = Grid.from_grid2op(environment.action_space)
    >>> grid.n_sub, len(grid.generators.numbers)
    (14, 2)
    """

    positions: Positions
    name_line: np.ndarray
    name_sub: np.ndarray
    line_or_to_subid: np.ndarray
    line_ex_to_subid: np.ndarray
    n_gen: int
    n_load: int
    layout: GridLayout
    generators: Generators
    action_keys: frozenset[str]
    alarm_areas: tuple[tuple[int, ...], ...]
    alertable_lines: np.ndarray

    @classmethod
    def from_grid2op(cls, action_space: ActionSpace) -> Grid:
        """Read the action space of an environment.

        Parameters
        ----------
        action_space:
            ``environment.action_space`` of grid2op.
        """
        lines = [str(name) for name in action_space.name_line]
        areas = getattr(action_space, "alarms_area_names", None) or ()
        in_area: list[list[int]] = [[] for _ in areas]
        for line, names in (getattr(action_space, "alarms_lines_area", None) or {}).items():
            for name in names:
                in_area[list(areas).index(name)].append(lines.index(line))
        has_alarms = getattr(action_space, "dim_alarms", 0)  # since 1.6
        has_alerts = getattr(action_space, "dim_alerts", 0)  # grid2op has them since 1.9.1
        alertable = getattr(action_space, "alertable_line_ids", ()) if has_alerts else ()
        return cls(
            positions=Positions.from_grid2op(action_space),
            name_line=np.array(action_space.name_line),
            name_sub=np.array(action_space.name_sub),
            line_or_to_subid=np.array(action_space.line_or_to_subid),
            line_ex_to_subid=np.array(action_space.line_ex_to_subid),
            n_gen=int(action_space.n_gen),
            n_load=int(action_space.n_load),
            layout=GridLayout.from_grid2op(action_space),
            generators=Generators.from_grid2op(action_space),
            action_keys=frozenset(action_space.actionClass.authorized_keys),
            alarm_areas=tuple(map(tuple, in_area)) if has_alarms else (),
            alertable_lines=np.array(alertable, dtype=int),
        )

    @property
    def n_line(self) -> int:
        """Number of lines, transformers included."""
        return self.positions.n_line

    @property
    def n_sub(self) -> int:
        """Number of substations."""
        return self.positions.n_sub

    @property
    def dim_topo(self) -> int:
        """Length of ``topo_vect``."""
        return self.positions.dim_topo

    @cached_property
    def line_numbers(self) -> dict[str, int]:
        """Name of each line -> its number."""
        return {str(name): number for number, name in enumerate(self.name_line)}
