"""The redispatching that relieves a grid at the least cost, as a linear program (HiGHS)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from ..grid.generators import Generators

MOVE_COST, HOLD_COST = 0.2, 1.0
"""Of each MW that is moved now, and that is held away from the time series."""

IMBALANCE_COST, RESERVE_COST = 500.0, 50.0
"""Of each MW that generators cannot balance, and that is missing to follow the time series."""


@dataclass(frozen=True, eq=False)
class Case:
    """A grid whose loads are to stay low: as it is, or with a line out.

    Attributes
    ----------
    rho, slopes:
        Load of each line, and its change per MW of each generator, shapes ``(n_line,)`` and
        ``(n_line, n)``.
    limit:
        Load up to which no line costs anything.
    weight:
        Cost of a load of 1 beyond, in the units of a MW held, of each line.
    """

    rho: np.ndarray
    slopes: np.ndarray
    limit: float
    weight: float


@dataclass(frozen=True, eq=False)
class Fleet:
    """What the generators do, shapes ``(n,)``, MW.

    Attributes
    ----------
    production:
        In the next step, redispatching included.
    dispatched:
        The part of it that is redispatching.
    """

    generators: Generators
    production: np.ndarray
    dispatched: np.ndarray


def least_redispatching(
    fleet: Fleet,
    cases: Sequence[Case],
    steps: int,
    held_steps: int,
    spare_steps: int,
    reserve: float,
) -> np.ndarray | None:
    """Changes of the generators (MW), shape ``(n,)``, summing up to about 0.

    None where the solver fails, which is not expected: all that could contradict has a price.

    Parameters
    ----------
    steps:
        The changes can be carried out within so many steps.
    held_steps:
        What is held can be undone within so many steps.
    spare_steps:
        No generator is brought nearer to its ends than it moves in so many steps: the time series
        may want to go there, and a generator that cannot follow them ends the episode.
    reserve:
        Changes upwards and downwards that the fleet keeps able to make in one step (MW), as far as
        it is without redispatching.
    """
    generators = fleet.generators
    n, pmin, pmax = len(fleet.production), generators.pmin, generators.pmax
    up, down = generators.ramp_up, generators.ramp_down
    scheduled = np.clip(fleet.production - fleet.dispatched, pmin, pmax)
    most = np.clip(pmax - spare_steps * up - scheduled, 0, held_steps * up)
    least = -np.clip(scheduled - pmin - spare_steps * down, 0, held_steps * down)
    highest = np.clip(most - fleet.dispatched, -steps * down, steps * up)
    lowest = np.clip(least - fleet.dispatched, -steps * down, steps * up)
    reach = np.maximum(np.abs(lowest), np.abs(highest))
    # all other lines cannot come to matter
    near = [each.rho + np.abs(each.slopes) @ reach > each.limit for each in cases]
    sizes = [int(some.sum()) for some in near]
    columns = _Columns(n, sum(sizes))
    rows: list[np.ndarray] = []
    bounds: list[np.ndarray] = []

    def at_most(bound: np.ndarray, **coefficients: np.ndarray) -> None:
        rows.append(columns.row(len(bound), coefficients))
        bounds.append(bound)

    one = np.eye(n)
    at_most(fleet.dispatched * -1.0, change=one, held=-one)
    at_most(fleet.dispatched, change=-one, held=-one)
    at_most(np.zeros(n), change=one, moved=-one)
    at_most(np.zeros(n), change=-one, moved=-one)
    if sum(sizes):
        at_most(
            np.concatenate([each.limit - each.rho[some] for each, some in zip(cases, near)]),
            change=np.concatenate([each.slopes[some] for each, some in zip(cases, near)]),
            excess=-np.eye(sum(sizes)),
        )
    # a generator beyond its end, as the slack may be, keeps no reserve there
    at_most(np.maximum(np.maximum(pmax - fleet.production, 0), lowest), change=one, above=one)
    at_most(np.maximum(np.maximum(fleet.production - pmin, 0), -highest), change=-one, below=one)
    every, missing = -np.ones((1, n)), -np.ones((1, 1))
    free_up = np.minimum(up, pmax - scheduled).sum()
    free_down = np.minimum(down, scheduled - pmin).sum()
    at_most(np.array([-min(reserve, free_up)]), above=every, lacking_up=missing)
    at_most(np.array([-min(reserve, free_down)]), below=every, lacking_down=missing)
    costs = columns.vector(
        moved=MOVE_COST,
        held=HOLD_COST,
        excess=np.repeat([case.weight for case in cases], sizes),
        lacking_up=RESERVE_COST,
        lacking_down=RESERVE_COST,
        surplus=IMBALANCE_COST,
        deficit=IMBALANCE_COST,
    )
    balance = columns.row(
        1, {"change": np.ones((1, n)), "surplus": np.ones((1, 1)), "deficit": -np.ones((1, 1))}
    )
    limits = np.stack((columns.vector(), columns.vector(**dict.fromkeys(columns.of, np.inf))))
    limits[:, columns.of["change"]] = lowest, highest
    limits[1, columns.of["above"]] = up
    limits[1, columns.of["below"]] = down
    solved = linprog(
        costs,
        A_ub=np.concatenate(rows),
        b_ub=np.concatenate(bounds),
        A_eq=balance,
        b_eq=[0.0],
        bounds=limits.T,
    )
    return np.asarray(solved.x[columns.of["change"]]) if solved.status == 0 else None


class _Columns:
    """The variables of the program, by name."""

    def __init__(self, n: int, n_loads: int) -> None:
        sizes = {
            "change": n,
            "moved": n,
            "held": n,
            "excess": n_loads,
            "above": n,
            "below": n,
            **dict.fromkeys(("lacking_up", "lacking_down", "surplus", "deficit"), 1),
        }
        ends = np.cumsum(list(sizes.values()))
        self.of = {
            name: slice(int(end) - size, int(end)) for (name, size), end in zip(sizes.items(), ends)
        }
        self.total = int(ends[-1])

    def row(self, height: int, coefficients: dict[str, np.ndarray]) -> np.ndarray:
        rows = np.zeros((height, self.total))
        for name, block in coefficients.items():
            rows[:, self.of[name]] = block
        return rows

    def vector(self, **values: float | np.ndarray) -> np.ndarray:
        vector = np.zeros(self.total)
        for name, value in values.items():
            vector[self.of[name]] = value
        return vector
