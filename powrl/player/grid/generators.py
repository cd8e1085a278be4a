"""The generators that can be redispatched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grid2op_objects import GridObject


@dataclass(frozen=True, eq=False)
class Generators:
    """Generators that can be redispatched (``grid2op.Space.GridObjects``).

    Attributes
    ----------
    numbers:
        Shape ``(n,)``.
    pmin, pmax, ramp_up, ramp_down:
        MW, and MW per step, shape ``(n,)``.
    names:
        One for each.
    """

    numbers: np.ndarray
    pmin: np.ndarray
    pmax: np.ndarray
    ramp_up: np.ndarray
    ramp_down: np.ndarray
    names: tuple[str, ...] = ()

    @classmethod
    def from_grid2op(cls, grid: GridObject) -> Generators:
        """Read those of a grid2op environment or action space."""
        numbers = np.flatnonzero(grid.gen_redispatchable)
        columns = (
            grid.gen_pmin,
            grid.gen_pmax,
            grid.gen_max_ramp_up,
            grid.gen_max_ramp_down,
        )
        names = tuple(str(grid.name_gen[number]) for number in numbers.tolist())
        pmin, pmax, up, down = (np.asarray(column, dtype=float)[numbers] for column in columns)
        return cls(numbers, pmin, pmax, up, down, names)
