"""Generators, storage and curtailment that relieve a grid at the least cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..grid.generators import BOTH_WAYS, Generators
from .bounds import within
from .case import Case
from .case_loads import CaseLoads
from .dual_simplex import BoundedProgram

MOVE_COST, HOLD_COST = 0.2, 1.0
"""Of each MW that is moved now, and that is held away from the time series."""

TIE_COST = 1e-8
"""Of each MW, once more for each faster generator: of those that do the same, the fastest moves."""

IMBALANCE_COST, RESERVE_COST = 500.0, 50.0
"""Of each MW that generators cannot balance, and that is missing to follow the time series."""

LOAD_SCALE = 100.0
"""Of the rows of loads, so that their numbers are about those of the other rows."""

MIN_WIDTH_MW = 1e-9
"""A part of a generator's range is left out where it is smaller."""


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

    @cached_property
    def scheduled(self) -> np.ndarray:
        """The production without redispatching (MW), within the ends of each generator."""
        scheduled = self.production - self.dispatched
        return within(scheduled, self.generators.pmin, self.generators.pmax)


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
    total = 0.0 if relief is None else -float(fleet.dispatched.sum())
    reach = _reach(fleet, steps, held_steps, spare_steps)
    pieces = _Pieces(fleet, reach, relief or Relief.none())
    program = _program(pieces, fleet, total, reserve)
    if not program.solve():
        return None
    moves = pieces.moves(program.values)
    loads = CaseLoads(cases)
    while True:
        rows = loads.missed(moves)
        if rows is None:
            return moves
        slopes, room, weights = rows
        slopes = LOAD_SCALE * slopes
        bounds = LOAD_SCALE * room - slopes @ pieces.start
        program.add(slopes.take(pieces.owner, axis=1), bounds, weights / LOAD_SCALE)
        if not program.solve():
            return None
        moves = pieces.moves(program.values)


def _reach(fleet: Fleet, steps: int, held_steps: int, spare_steps: int) -> np.ndarray:
    """How far each generator can be changed upwards and downwards (MW), shape ``(2, n)``."""
    ramps = fleet.generators.ramps
    room = fleet.generators.ends - spare_steps * ramps - BOTH_WAYS * fleet.scheduled
    change = within(room, 0, held_steps * ramps) - BOTH_WAYS * fleet.dispatched
    return within(change, -steps * ramps[::-1], steps * ramps)


class _Pieces:
    """The ranges of generators and reliefs, cut where their costs or the reserve have a bend.

    Costs are convex: they are the sum of those of the pieces as long as those that cost less are
    taken first, and so they are in a solution. The reserve is concave, and this order keeps most of
    it, too.

    Parameters
    ----------
    reach:
        How far each generator can be changed upwards and downwards (MW), shape ``(2, n)``.

    Attributes
    ----------
    start:
        Changes and reliefs where all pieces are at 0 (MW), shape ``(n + m,)``.
    owner, widths, costs:
        Number of the generator or relief, width (MW), and cost of a MW of each piece.
    takes_up, gives_down:
        Pieces that take from the reserve upwards, and give to that downwards.
    kept:
        What is kept of these two reserves at `start` (MW).
    """

    def __init__(self, fleet: Fleet, reach: np.ndarray, relief: Relief) -> None:
        generators, ramps, n = fleet.generators, fleet.generators.ramps, len(fleet.dispatched)
        # a generator beyond its end, as the slack may be, keeps no reserve there
        room = np.maximum(generators.ends - BOTH_WAYS * fleet.production, 0)
        room = np.maximum(room, -reach[::-1])
        (up, down), (bend_up, bend_down) = np.minimum(reach, room), room - ramps
        bends = np.zeros((6, n + len(relief.cost)))
        bends[:5, :n] = -down, up, -fleet.dispatched, bend_up, -bend_down
        bends[:2, n:] = relief.lowest, relief.highest
        bends[3:5, n:] = [[np.inf], [-np.inf]]
        low, high, home, bend_up, bend_down, _ = bends
        ends = within(bends, low, high)
        ends.sort(axis=0)
        middle, widths = (ends[1:] + ends[:-1]) / 2, ends[1:] - ends[:-1]
        per_mw = np.concatenate((MOVE_COST + TIE_COST * generators.slowness, relief.cost))
        costs = per_mw * np.sign(middle)
        costs[:, :n] += HOLD_COST * np.sign(middle - home)[:, :n]
        costs[:, n:] += relief.worth
        wide = widths > MIN_WIDTH_MW
        self.start = low
        self.owner, self.widths, self.costs = wide.nonzero()[1], widths[wide], costs[wide]
        self.takes_up, self.gives_down = (middle > bend_up)[wide], (middle < bend_down)[wide]
        self.kept = np.minimum(ramps, room - BOTH_WAYS * low[:n]).sum(axis=1)

    def moves(self, values: np.ndarray) -> np.ndarray:
        """Changes and reliefs (MW), shape ``(n + m,)``, of a solution."""
        pieces = values[: len(self.owner)]
        return self.start + np.bincount(self.owner, pieces, len(self.start))


def _program(pieces: _Pieces, fleet: Fleet, total: float, reserve: float) -> BoundedProgram:
    """The program without loads: pieces, lacks of reserve up and down, surplus and deficit."""
    generators, count = fleet.generators, len(pieces.owner)
    rows = np.empty((3, count + 4))
    rows[:, :count] = pieces.takes_up, -1.0 * pieces.gives_down, np.ones(count)
    rows[:, count:] = [[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, -1]]
    free = np.minimum(generators.ramps, generators.ends - BOTH_WAYS * fleet.scheduled).sum(axis=1)
    up, down = (pieces.kept - np.minimum(reserve, free)).tolist()
    prices = (RESERVE_COST, RESERVE_COST, IMBALANCE_COST, IMBALANCE_COST)
    return BoundedProgram(
        np.concatenate((pieces.costs, prices)),
        np.concatenate((pieces.widths, (np.inf,) * 4)),
        rows,
        np.array((up, down, total - pieces.start.sum())),
        np.array((np.inf, np.inf, 0.0)),
    )
