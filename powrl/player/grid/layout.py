"""The layout of a grid: which element is connected to which substation, by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import GridMismatchError, PowrlError, count
from .grid2op_objects import GridObject


@dataclass(frozen=True)
class GridLayout:
    """Substations and their elements, in grid2op's order (``grid2op.Space.GridObjects``).

    Attributes
    ----------
    substations:
        Name of each substation, shape ``(n_sub,)``.
    elements:
        For each substation the names of its elements, in the order of its part of ``topo_vect``:
        ``"line <name> origin"``, ``"line <name> extremity"``, ``"load <name>"``,
        ``"generator <name>"``, ``"storage <name>"``.
    """

    substations: tuple[str, ...]
    elements: tuple[tuple[str, ...], ...]

    @classmethod
    def from_grid2op(cls, grid: GridObject) -> GridLayout:
        """Read the layout of any grid2op object (environment, action space, observation)."""
        names: list[list[str]] = [[""] * int(size) for size in grid.sub_info]
        kinds = (
            ("line {} origin", grid.name_line, grid.line_or_to_subid, grid.line_or_to_sub_pos),
            ("line {} extremity", grid.name_line, grid.line_ex_to_subid, grid.line_ex_to_sub_pos),
            ("load {}", grid.name_load, grid.load_to_subid, grid.load_to_sub_pos),
            ("generator {}", grid.name_gen, grid.gen_to_subid, grid.gen_to_sub_pos),
            ("storage {}", grid.name_storage, grid.storage_to_subid, grid.storage_to_sub_pos),
        )
        for pattern, labels, substations, positions in kinds:
            for label, substation, position in zip(labels, substations, positions):
                names[substation][position] = pattern.format(label)
        return cls(tuple(str(name) for name in grid.name_sub), tuple(map(tuple, names)))

    @cached_property
    def lines(self) -> frozenset[str]:
        """Names of the grid's lines."""
        elements = [element for part in self.elements for element in part]
        start, end = "line ", " origin"
        return frozenset(
            element[len(start) : -len(end)]
            for element in elements
            if element.startswith(start) and element.endswith(end)
        )

    def part(self, substation: int) -> slice:
        """The part of ``topo_vect`` that belongs to one substation."""
        return self._parts[substation]

    @cached_property
    def _parts(self) -> list[slice]:
        ends = np.cumsum([len(elements) for elements in self.elements]).tolist()
        return [slice(first, end) for first, end in zip([0, *ends], ends)]

    def to_json(self) -> dict[str, list[str]]:
        """Substation name -> names of its elements."""
        return dict(zip(self.substations, map(list, self.elements)))

    @classmethod
    def from_json(cls, data: object, subject: str = "it") -> GridLayout:
        """The inverse of `to_json`.

        Raises
        ------
        PowrlError
            `data` is no mapping of substations to the names of their elements; `subject` it is of.
        """
        if not isinstance(data, dict) or not all(
            isinstance(elements, list) and all(isinstance(element, str) for element in elements)
            for elements in data.values()
        ):
            raise PowrlError(
                f"{subject} has no grid: substations with the names of their elements."
            )
        return cls(tuple(data), tuple(tuple(elements) for elements in data.values()))

    def require_same(self, other: GridLayout, subject: str) -> None:
        """Refuse another grid, naming the first difference.

        Raises
        ------
        GridMismatchError
            `other` (the grid at hand) differs from this layout, for which `subject` was made.
        """
        advice = "take one that was made for this grid"
        if len(self.substations) != len(other.substations):
            raise GridMismatchError(
                f"{subject} is for a grid of {count(len(self.substations), 'substation')}, "
                f"this grid has {len(other.substations)}; {advice}."
            )
        for index, (own, other_name) in enumerate(zip(self.substations, other.substations)):
            if own != other_name:
                raise GridMismatchError(
                    f"{subject} is for another grid: its substation {index} is {own!r}, "
                    f"here it is {other_name!r}; {advice}."
                )
            if self.elements[index] != other.elements[index]:
                only_own = [e for e in self.elements[index] if e not in other.elements[index]]
                only_other = [e for e in other.elements[index] if e not in self.elements[index]]
                if only_own:
                    difference = f"has {only_own[0]!r}, which is not there in this grid"
                elif only_other:
                    difference = f"lacks {only_other[0]!r}, which is there in this grid"
                else:
                    difference = "has its elements in another order"
                raise GridMismatchError(
                    f"{subject} is for another grid: its substation {own!r} {difference}; {advice}."
                )
