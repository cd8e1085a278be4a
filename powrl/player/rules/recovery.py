"""Rule 2: when the grid is calm, recover towards the reference topology."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..grid.action import GridAction
from ..grid.positions import Positions
from ..lookahead.outcome import Simulator
from .decision import Candidate, Decision
from .settings import OverloadSettings


def recovery(
    observation: Any,
    positions: Positions,
    simulator: Simulator,
    settings: OverloadSettings,
) -> Decision | None:
    """Bring one substation back to all elements on busbar 1, or None.

    Of the substations that are split and out of cooldown, the one is taken that leaves the lowest
    simulated load, and only when that stays below `recovery_rho`.
    """
    topology = np.asarray(observation.topo_vect)
    on_second = topology == 2
    if not on_second.any() or observation.rho.max() >= settings.recovery_rho:
        return None
    free = np.asarray(observation.time_before_cooldown_sub) == 0
    split = [int(each) for each in np.unique(positions.substation[on_second]) if free[each]]
    if not split:
        return None
    actions = [
        GridAction.of_substation(
            positions, substation, np.ones_like(topology[positions.part(substation)]), topology
        )
        for substation in split
    ]
    outcomes = simulator.evaluate(observation, actions)
    labels = [f"{observation.name_sub[substation]}: all on busbar 1" for substation in split]
    candidates = tuple(map(Candidate, labels, actions, outcomes))
    best = min(candidates, key=lambda candidate: candidate.outcome.max_rho)
    if best.outcome.max_rho >= settings.recovery_rho:
        return None
    return Decision(best.action, "recovery", best.label, (), candidates)
