"""The generators that can be redispatched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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

    @cached_property
    def ends(self) -> np.ndarray:
        """How far production can be from 0, upwards and downwards (MW), shape ``(2, n)``."""
        return np.array((self.pmax, -self.pmin))

    @cached_property
    def ramps(self) -> np.ndarray:
        """Ramps upwards and downwards (MW per step), shape ``(2, n)``."""
        return np.array((self.ramp_up, self.ramp_down))

    @cached_property
    def slowness(self) -> np.ndarray:
        """How many generators can rise faster than each, shape ``(n,)``; all numbers differ."""
        return np.argsort(-self.ramp_up, kind="stable").argsort() + 0.0


BOTH_WAYS = np.array([[1.0], [-1.0]])
"""Changes times this: upwards, and downwards, shape ``(2, n)``."""
