"""How far generators may be moved in one step, and how they share a change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..grid.generators import BOTH_WAYS, Generators
from ..grid.reductions import any_hold
from .bounds import within

TREND_STEPS, AHEAD_STEPS = 6, 10
"""The trend of so many steps is expected to go on for so many: all others may begin to rise with a
schedule that goes beyond its end, and then leave no room to hold it back."""

KEPT_STEPS = 24
"""The slack is held back by its highest schedule of so many steps, which may return in a few."""

HOLD_BACK = 1.5
"""Such a schedule is held back by so much more than would bring it to its end just in time."""

MIN_MOVE_MW = 0.25
"""Smaller changes are not worth an action."""

MIN_HEADROOM_MW = 2.0
"""With less left to move up or down in a step, grid2op might find no dispatch; a higher limit would
leave generators standing while the load rises fast, and what they hold becomes an overload."""

RAMP_MARGIN = 0.2
"""Safety margin, as a fraction of the ramp.

If a generator cannot return within its limits by this margin in one step, redispatching holds
still: grid2op would fail to find a feasible dispatch. The slack can be in this position, since
losses are unknown in advance.
"""

ROOM_SHARE = 0.7
"""Of what all generators together can move in a step, so much is used to balance storage units and
curtailment: grid2op ends the episode where they cannot be balanced."""

BOUND_MARGIN_MW = 0.05
"""By so much moves stay inside what ramps and limits allow."""


def moves_towards(
    target: np.ndarray | None,
    generators: Generators,
    dispatched: np.ndarray,
    schedules: Sequence[np.ndarray],
    is_unbounded: np.ndarray | bool = False,
    total: float = 0.0,
) -> np.ndarray:
    """Change of the dispatch in this step towards where the generators should be, shape ``(n,)``.

    The time series move the generators too: only what they leave of the ramps is free. What they
    would drive beyond its ends is held back in time: grid2op lets a generator pass them, but then
    finds no dispatch any more. The last step of the time series tells how they go on, since
    forecasts have errors beyond the ramps.

    Parameters
    ----------
    target:
        Dispatch that is aimed at (MW), or None: the generators stay where they are.
    dispatched:
        The dispatch so far (MW).
    schedules:
        Production by the time series (MW) in the last steps, `KEPT_STEPS` and one at most, the
        present one last.
    is_unbounded:
        Generators whose schedule may pass their ends, as that of the slack does: it is held back
        before its trend takes it there, and as long as it was there a short while ago.
    total:
        What the changes sum up to (MW): what storage units and curtailment leave to balance.

    Returns
    -------
    numpy.ndarray
        MW, summing up to about the total; all 0 where the ramps leave no room.
    """
    ends, ramps = generators.ends, generators.ramps
    scheduled, drift = schedules[-1], _drift(generators, schedules)
    # upwards, and downwards
    fastest = ramps - BOTH_WAYS * drift - BOUND_MARGIN_MW
    off_ends = ends - BOTH_WAYS * (scheduled + drift)
    margin = off_ends - BOTH_WAYS * dispatched
    room = np.minimum(fastest, margin).sum(axis=1).min()
    is_out_of_reach = any_hold(margin < RAMP_MARGIN * ramps - fastest[::-1])
    if target is None or room < MIN_HEADROOM_MW or is_out_of_reach:
        return np.zeros(len(generators.numbers))
    # a step of the ramp from the ends, as far as the time series stay off them
    bounds = within(margin - within(off_ends, 0, ramps), -fastest[::-1], fastest)
    back = within(_held_back(dispatched, schedules, generators), -fastest[::-1], bounds)
    held = np.where(is_unbounded, back, bounds)
    # held back as far as the others can balance it
    missing = np.maximum(BOTH_WAYS[:, 0] * total - held.sum(axis=1), 0)
    highest, lowest = np.minimum(bounds, held + missing[:, None])
    change = target - dispatched
    change[np.abs(change) < MIN_MOVE_MW] = 0
    return balanced(change, np.minimum(-lowest, highest), highest, total)


def _held_back(
    dispatched: np.ndarray, schedules: Sequence[np.ndarray], generators: Generators
) -> np.ndarray:
    """How far generators whose schedules pass their ends can go up and down (MW), ``(2, n)``."""
    past = np.array(schedules)
    now, recent = past[-1], past[-TREND_STEPS - 1 :]
    soon = now + AHEAD_STEPS * (now - recent[0]) / max(len(recent) - 1, 1)
    # the past says how far a schedule may return to the end that it is nearer to
    is_high = 2 * now > generators.pmin + generators.pmax
    highest = np.where(is_high, np.maximum(soon, past.max(axis=0)), soon)
    lowest = np.where(is_high, soon, np.minimum(soon, past.min(axis=0)))
    beyond = BOTH_WAYS * (np.array((highest, lowest)) + dispatched) - generators.ends
    # what is not beyond an end may go on to it, and what is comes back in time
    return np.asarray(-np.where(beyond > 0, HOLD_BACK / AHEAD_STEPS * beyond, beyond))


def _drift(generators: Generators, schedules: Sequence[np.ndarray]) -> np.ndarray:
    """How far the time series move each generator in this step (MW): as in the last one."""
    before, now = schedules[-2:][0], schedules[-1]
    return within(now - before, -generators.ramp_down, generators.ramp_up)


def room_to_balance(
    generators: Generators, dispatched: np.ndarray, schedules: Sequence[np.ndarray]
) -> tuple[float, float]:
    """How far all generators together can go down and up in this step (MW), with a margin.

    Parameters are those of `moves_towards`; both numbers are 0 or more.
    """
    drift = _drift(generators, schedules)
    coming = schedules[-1] + drift + dispatched
    up = np.minimum(generators.ramp_up - drift, generators.pmax - coming)
    down = np.minimum(generators.ramp_down + drift, coming - generators.pmin)
    lowest, highest = (max(0.0, ROOM_SHARE * float(room.sum())) for room in (down, up))
    return lowest, highest


def balanced(
    change: np.ndarray, lowest: np.ndarray, highest: np.ndarray, total: float = 0.0
) -> np.ndarray:
    """Within bounds and summing up to `total`, each as far from `change` as the others, ``(n,)``.

    Where the bounds do not allow that sum, as near to it as they do.
    """
    # the sum rises with the shift, and bends where one of them comes to a bound or leaves it
    bends = np.sort(np.concatenate((lowest - change, highest - change)))
    sums = within(change + bends[:, None], lowest, highest).sum(axis=1)
    after = int(sums.searchsorted(total, side="right"))
    shift = bends[max(after - 1, 0)]
    if 0 < after < len(bends):
        share = (total - sums[after - 1]) / (sums[after] - sums[after - 1])
        shift += share * (bends[after] - bends[after - 1])
    return within(change + shift, lowest, highest)
