"""Rule 5: open a line that stays overloaded, before the protections do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..grid.action import GridAction
from ..grid.positions import Positions
from ..simulation.outcome import Outcome, Simulator
from .decision import Candidate, Decision
from .settings import OverloadSettings


def disconnection(
    observation: Any,
    decision: Decision,
    positions: Positions,
    simulator: Simulator,
    settings: OverloadSettings,
    rank: Callable[[Outcome], float],
) -> Decision:
    """The decision with one overloaded line opened on top, where that is simulated to be better.

    Only where the decision leaves an overload, and opens or closes no line itself: one line is all
    that grid2op allows in a step.
    """
    outcome, action = decision.outcome, decision.action
    if outcome is None or outcome.max_rho < settings.plan_goal or action.set_line_status.any():
        return decision
    loads = np.asarray(observation.rho if outcome.game_over else outcome.rho)
    free = np.asarray(observation.time_before_cooldown_line) == 0
    lines = np.flatnonzero((loads >= 1.0) & free & np.asarray(observation.line_status))
    if not len(lines):
        return decision
    actions = [_opened(positions, action, int(line)) for line in lines]
    names = [f"{decision.choice}, open {observation.name_line[line]}" for line in lines]
    candidates = tuple(map(Candidate, names, actions, simulator.evaluate(observation, actions)))
    best = min(candidates, key=lambda each: rank(each.outcome))
    every = decision.candidates + candidates
    if rank(best.outcome) >= rank(outcome):
        return replace(decision, candidates=every)
    return Decision(best.action, "disconnection", best.label, decision.lines, every)


def _opened(positions: Positions, action: GridAction, line: int) -> GridAction:
    set_bus, set_line_status = action.set_bus.copy(), action.set_line_status.copy()
    set_line_status[line] = -1
    # naming a busbar of a line that is opened would be ambiguous
    set_bus[[positions.origin[line], positions.extremity[line]]] = 0
    return GridAction(set_bus, set_line_status)
