"""Where each element sits in grid2op's topology vector, by number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .grid2op_objects import GridObject


@dataclass(frozen=True, eq=False)
class Positions:
    """Positions of elements in ``topo_vect`` and their substations (``grid2op.Space.GridObjects``).

    Attributes
    ----------
    origin, extremity:
        Position of both ends of each line, shape ``(n_line,)``.
    load, generator, storage:
        Position of each load, generator and storage unit.
    substation:
        Substation of each position, shape ``(dim_topo,)``.
    n_sub:
        Number of substations.
    """

    origin: np.ndarray
    extremity: np.ndarray
    load: np.ndarray
    generator: np.ndarray
    storage: np.ndarray
    substation: np.ndarray
    n_sub: int

    @classmethod
    def from_grid2op(cls, grid: GridObject) -> Positions:
        """Read the positions of any grid2op object (environment, action space, observation)."""
        return cls(
            origin=np.array(grid.line_or_pos_topo_vect),
            extremity=np.array(grid.line_ex_pos_topo_vect),
            load=np.array(grid.load_pos_topo_vect),
            generator=np.array(grid.gen_pos_topo_vect),
            storage=np.array(grid.storage_pos_topo_vect),
            substation=np.repeat(np.arange(grid.n_sub), grid.sub_info),
            n_sub=int(grid.n_sub),
        )

    @property
    def n_line(self) -> int:
        """Number of lines, transformers included."""
        return len(self.origin)

    @property
    def dim_topo(self) -> int:
        """Length of ``topo_vect``."""
        return len(self.substation)

    def part(self, substation: int) -> slice:
        """The part of ``topo_vect`` that belongs to one substation."""
        return self._parts[substation]

    @cached_property
    def _parts(self) -> list[slice]:
        firsts = [*self.first_of_substation.tolist(), self.dim_topo]
        return list(map(slice, firsts[:-1], firsts[1:]))

    @cached_property
    def rows(self) -> np.ndarray:
        """The row of each line, by the number of a line in it, shape ``(n_line,)``.

        Lines are in a row where a substation has their two ends and nothing else.
        """
        rows, ends = np.arange(self.n_line), np.full(self.dim_topo, -1)
        ends[self.origin] = ends[self.extremity] = rows
        for substation in range(self.n_sub):
            lines = ends[self.part(substation)]
            if len(lines) == 2 and (lines >= 0).all():
                first, second = rows[lines].tolist()
                rows[rows == second] = first
        return rows

    @cached_property
    def first_of_substation(self) -> np.ndarray:
        """First position of each substation, shape ``(n_sub,)``."""
        return np.searchsorted(self.substation, np.arange(self.n_sub))
