"""Generators, storage and curtailment that relieve a grid at the least cost (HiGHS)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..grid.generators import Generators

MOVE_COST, HOLD_COST = 0.2, 1.0
"""Of each MW that is moved now, and that is held away from the time series."""

IMBALANCE_COST, RESERVE_COST = 500.0, 50.0
"""Of each MW that generators cannot balance, and that is missing to follow the time series."""

NEAR_LOAD = 0.1
"""Lines that are nearer to their limits are in the program from the start."""

LOAD_TOLERANCE = 1e-9
"""A line beyond its limit by less is left out of the program."""


@dataclass(frozen=True, eq=False)
class Case:
    """A grid whose loads are to stay low: as it is, or with a line out.

    Attributes
    ----------
    rho, slopes:
        Load of each line, and its change per MW of each generator and each of the reliefs, shapes
        ``(n_line,)`` and ``(n_line, n + m)``.
    limit:
        Load up to which no line costs anything.
    weight:
        Cost of a load of 1 beyond, in the units of a MW held: of each line, or one for all.
    """

    rho: np.ndarray
    slopes: np.ndarray
    limit: float
    weight: float | np.ndarray


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

    @property
    def scheduled(self) -> np.ndarray:
        """The production without redispatching (MW), within the ends of each generator."""
        scheduled = self.production - self.dispatched
        return np.asarray(np.clip(scheduled, self.generators.pmin, self.generators.pmax))


@dataclass(frozen=True, eq=False)
class Relief:
    """What storage units and curtailed generators may inject beside the time series, ``(m,)``.

    Attributes
    ----------
    lowest, highest:
        MW; a storage unit injects what it produces, a curtailed generator less than nothing.
    cost:
        Of each MW, whether more or less than nothing, where holding 1 MW of a generator costs 1.
    worth:
        What each MW less is worth, as that of a storage unit which is to be charged.
    """

    lowest: np.ndarray
    highest: np.ndarray
    cost: np.ndarray
    worth: np.ndarray

    @classmethod
    def none(cls) -> Relief:
        """Generators alone."""
        return cls(*(np.empty(0),) * 4)


def least_redispatching(
    fleet: Fleet,
    cases: Sequence[Case],
    steps: int,
    held_steps: int,
    spare_steps: int,
    reserve: float,
    relief: Relief | None = None,
) -> np.ndarray | None:
    r"""Changes of the generators (MW), summing up to about 0, then reliefs, shape ``(n + m,)``.

    With the change :math:`c` of each generator, its dispatch :math:`d` so far, the load
    :math:`\rho` and the slope :math:`s` of each line in each case of weight :math:`w`:

    .. math::

        \min\; & 0.2 \sum |c| + \sum |d + c| + \sum w\, e + 50\, (r^+ + r^-) + 500\, |\sum c| \\
        \text{s.t. } & \rho + s\, c - e \le \text{limit},\quad e \ge 0 \\
        & \text{headroom up} + r^+ \ge \text{reserve},\quad
          \text{headroom down} + r^- \ge \text{reserve} \\
        & \text{lowest} \le c \le \text{highest}

    Reliefs :math:`u`, storage units and curtailment, join the loads by their slopes and the costs
    by their own. As in grid2op the generators balance them: :math:`\sum (d + c) + \sum u = 0`.

    Parameters
    ----------
    steps:
        Steps within which the changes can be carried out.
    held_steps:
        Steps within which the dispatch can be undone.
    spare_steps:
        Distance that every generator keeps from its limits, in steps of its ramp. The time series
        may go there, and a generator that cannot follow them ends the episode.
    reserve:
        Changes upwards and downwards that the fleet keeps able to make in one step (MW), as far as
        it is without redispatching.
    relief:
        Storage units and curtailment; None: generators alone, whose changes sum up to 0.

    Returns
    -------
    numpy.ndarray or None
        None where the solver fails, which is not expected: all that could contradict has a price.
    """
    lowest, highest = _reach(fleet, steps, held_steps, spare_steps)
    total = 0.0 if relief is None else -float(fleet.dispatched.sum())
    relief = relief or Relief.none()
    taken = [case.rho > case.limit - NEAR_LOAD for case in cases]
    while True:
        n_loads = sum(int(lines.sum()) for lines in taken)
        program = _Program(len(fleet.production), n_loads, relief, total)
        _price_changes(program, fleet)
        _price_relief(program, relief)
        _limit_loads(program, cases, taken)
        _keep_reserve(program, fleet, lowest, highest, reserve)
        changes = program.solve(lowest, highest, fleet.generators, _weights(cases, taken))
        missed = [] if changes is None else _missed(cases, taken, changes)
        if not any(lines.any() for lines in missed):
            return changes
        taken = [lines | others for lines, others in zip(taken, missed)]


def _missed(
    cases: Sequence[Case], taken: Sequence[np.ndarray], changes: np.ndarray
) -> list[np.ndarray]:
    """Lines of each case that a program without them leaves beyond the limit.

    What it leaves out costs nothing up to its limit: it is added where it is beyond.
    """
    return [
        (case.rho + case.slopes @ changes > case.limit + LOAD_TOLERANCE) & ~lines
        for case, lines in zip(cases, taken)
    ]


def _weights(cases: Sequence[Case], taken: Sequence[np.ndarray]) -> np.ndarray:
    """Cost of a load of 1 beyond its limit of each line that is taken in."""
    costs = [np.broadcast_to(case.weight, lines.shape)[lines] for case, lines in zip(cases, taken)]
    return np.concatenate((np.empty(0), *costs))


def _reach(
    fleet: Fleet, steps: int, held_steps: int, spare_steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest change of each generator (MW)."""
    generators = fleet.generators
    up, down = generators.ramp_up, generators.ramp_down
    scheduled = fleet.scheduled
    upwards = np.clip(generators.pmax - spare_steps * up - scheduled, 0, held_steps * up)
    downwards = -np.clip(scheduled - generators.pmin - spare_steps * down, 0, held_steps * down)
    return (
        np.clip(downwards - fleet.dispatched, -steps * down, steps * up),
        np.clip(upwards - fleet.dispatched, -steps * down, steps * up),
    )


def _price_changes(program: _Program, fleet: Fleet) -> None:
    """Absolute values: what is held and what is moved."""
    n = len(fleet.production)
    one = np.eye(n)
    program.at_most(fleet.dispatched * -1.0, change=one, held=-one)
    program.at_most(fleet.dispatched, change=-one, held=-one)
    program.at_most(np.zeros(n), change=one, moved=-one)
    program.at_most(np.zeros(n), change=-one, moved=-one)


def _price_relief(program: _Program, relief: Relief) -> None:
    """Absolute values of what storage units and curtailment do."""
    if not len(relief.cost):
        return
    one, nothing = np.eye(len(relief.cost)), np.zeros(len(relief.cost))
    program.at_most(nothing, injected=one, used=-one)
    program.at_most(nothing, injected=-one, used=-one)


def _limit_loads(program: _Program, cases: Sequence[Case], taken: Sequence[np.ndarray]) -> None:
    """Loads of the lines taken within their limits, or an excess that costs."""
    n_loads = sum(int(lines.sum()) for lines in taken)
    if not n_loads:
        return
    pairs = list(zip(cases, taken))
    slopes = np.concatenate([case.slopes[lines] for case, lines in pairs])
    program.at_most(
        np.concatenate([case.limit - case.rho[lines] for case, lines in pairs]),
        change=slopes[:, : program.n],
        injected=slopes[:, program.n :],
        excess=-np.eye(n_loads),
    )


def _keep_reserve(
    program: _Program, fleet: Fleet, lowest: np.ndarray, highest: np.ndarray, reserve: float
) -> None:
    """What the fleet keeps able to move in one step, or a lack that costs."""
    generators, production = fleet.generators, fleet.production
    n, pmin, pmax = len(production), generators.pmin, generators.pmax
    one = np.eye(n)
    # a generator beyond its end, as the slack may be, keeps no reserve there
    above = np.maximum(np.maximum(pmax - production, 0), lowest)
    below = np.maximum(np.maximum(production - pmin, 0), -highest)
    program.at_most(above, change=one, above=one)
    program.at_most(below, change=-one, below=one)
    total, missing = -np.ones((1, n)), -np.ones((1, 1))
    free_up = np.minimum(generators.ramp_up, pmax - fleet.scheduled).sum()
    free_down = np.minimum(generators.ramp_down, fleet.scheduled - pmin).sum()
    program.at_most(np.array([-min(reserve, free_up)]), above=total, lacking_up=missing)
    program.at_most(np.array([-min(reserve, free_down)]), below=total, lacking_down=missing)


class _Program:
    """The program as it is put together, row by row.

    Parameters
    ----------
    n, n_loads:
        Numbers of generators and of line loads.
    relief:
        Storage units and curtailment.
    total:
        What changes and reliefs sum up to (MW).
    """

    def __init__(self, n: int, n_loads: int, relief: Relief, total: float) -> None:
        self._columns = _Columns(n, n_loads, len(relief.cost))
        self._relief, self._total = relief, total
        self.n = n
        self._rows: list[np.ndarray] = []
        self._bounds: list[np.ndarray] = []

    def at_most(self, bound: np.ndarray, **coefficients: np.ndarray) -> None:
        """Add rows: the sum of coefficients times variables is at most `bound`."""
        self._rows.append(self._columns.row(len(bound), coefficients))
        self._bounds.append(bound)

    def solve(
        self, lowest: np.ndarray, highest: np.ndarray, generators: Generators, weights: np.ndarray
    ) -> np.ndarray | None:
        """Changes and reliefs at the least cost, or None where the solver fails."""
        columns = self._columns
        costs = columns.vector(
            moved=MOVE_COST,
            held=HOLD_COST,
            excess=weights,
            lacking_up=RESERVE_COST,
            lacking_down=RESERVE_COST,
            surplus=IMBALANCE_COST,
            deficit=IMBALANCE_COST,
            injected=self._relief.worth,
            used=self._relief.cost,
        )
        one = np.ones((1, 1))
        total = {
            "change": np.ones((1, self.n)),
            "injected": np.ones((1, len(self._relief.cost))),
            "surplus": one,
            "deficit": -one,
        }
        places = columns.places
        limits = np.stack((columns.vector(), columns.vector(**dict.fromkeys(places, np.inf))))
        limits[:, places["change"]] = lowest, highest
        limits[:, places["injected"]] = self._relief.lowest, self._relief.highest
        limits[1, places["above"]] = generators.ramp_up
        limits[1, places["below"]] = generators.ramp_down
        # the agents that have no use for it run on servers whose scipy has no `milp`, too
        from scipy.optimize import Bounds, LinearConstraint, milp

        rows = np.concatenate((*self._rows, columns.row(1, total)))
        highest_sums = np.concatenate((*self._bounds, [self._total]))
        lowest_sums = np.where(np.arange(len(rows)) < len(rows) - 1, -np.inf, self._total)
        solution = milp(  # with nothing integral, it is `linprog` with less around it
            costs,
            constraints=LinearConstraint(rows, lowest_sums, highest_sums),
            bounds=Bounds(*limits),
            options={"presolve": False},
        )
        if solution.status != 0:
            return None
        return np.append(solution.x[places["change"]], solution.x[places["injected"]])


class _Columns:
    """The variables of the program, by name."""

    def __init__(self, n: int, n_loads: int, n_reliefs: int) -> None:
        sizes = {
            "change": n,
            "moved": n,
            "held": n,
            "excess": n_loads,
            "above": n,
            "below": n,
            **dict.fromkeys(("lacking_up", "lacking_down", "surplus", "deficit"), 1),
            **dict.fromkeys(("injected", "used"), n_reliefs),
        }
        ends = np.cumsum(list(sizes.values()))
        self.places = {
            name: slice(int(end) - size, int(end)) for (name, size), end in zip(sizes.items(), ends)
        }
        self.total = int(ends[-1])

    def row(self, height: int, coefficients: dict[str, np.ndarray]) -> np.ndarray:
        rows = np.zeros((height, self.total))
        for name, block in coefficients.items():
            rows[:, self.places[name]] = block
        return rows

    def vector(self, **values: float | np.ndarray) -> np.ndarray:
        vector = np.zeros(self.total)
        for name, value in values.items():
            vector[self.places[name]] = value
        return vector
