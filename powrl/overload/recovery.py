"""Rule 2: when the grid is calm, recover towards the reference topology."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..actions.action_set import ActionSet, substation_action
from ..errors import PowrlError
from ..grid.positions import Positions
from ..simulation.outcome import Simulator
from .decision import Candidate, Decision
from .settings import OverloadSettings


def reference_topology(
    positions: Positions, actions: ActionSet, reference: Sequence[int]
) -> np.ndarray:
    """Busbar of each element in the reference topology, shape ``(dim_topo,)``: 1 or 2.

    Parameters
    ----------
    reference:
        `OverloadSettings.reference`.

    Raises
    ------
    PowrlError
        The action set has no such action, or two of them are of one substation.
    """
    busbars = np.ones(positions.dim_topo, dtype=int)
    substations = []
    for number in reference:
        if number >= len(actions):
            raise PowrlError(
                f"overload.reference: there is no action {number}; the last of the action set is "
                f"{len(actions) - 1}."
            )
        action = actions.actions[number]
        busbars[positions.part(action.substation)] = action.busbars
        substations.append(action.substation)
    if len(set(substations)) < len(substations):
        raise PowrlError("overload.reference: name one action for a substation.")
    return busbars


def recovery(
    observation: Any,
    reference: np.ndarray,
    positions: Positions,
    simulator: Simulator,
    settings: OverloadSettings,
) -> Decision | None:
    """Bring one substation back to the reference topology, or None.

    Of the substations that differ and are out of cooldown, the one is taken that leaves the lowest
    simulated load, and only when that stays below `recovery_rho`.

    Parameters
    ----------
    reference:
        As `reference_topology` has it.
    """
    topology = np.asarray(observation.topo_vect)
    differs = (topology > 0) & (topology != reference)
    if not differs.any() or observation.rho.max() >= settings.recovery_rho:
        return None
    free = np.asarray(observation.time_before_cooldown_sub) == 0
    changed = [int(each) for each in np.unique(positions.substation[differs]) if free[each]]
    if not changed:
        return None
    targets = [reference[positions.part(substation)] for substation in changed]
    actions = [
        substation_action(positions, substation, target, observation)
        for substation, target in zip(changed, targets)
    ]
    outcomes = simulator.evaluate(observation, actions)
    labels = [
        f"{observation.name_sub[substation]}: "
        f"{'reference topology' if (target == 2).any() else 'all on busbar 1'}"
        for substation, target in zip(changed, targets)
    ]
    candidates = tuple(map(Candidate, labels, actions, outcomes))
    best = min(candidates, key=lambda candidate: candidate.outcome.max_rho)
    if best.outcome.max_rho >= settings.recovery_rho:
        return None
    return Decision(best.action, "recovery", best.label, (), candidates)
