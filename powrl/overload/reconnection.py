"""Rule 1: reconnect a line when a simulation says that it does no harm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..simulation.outcome import Simulator
from .decision import Candidate, Decision
from .settings import OverloadSettings


def reconnection(
    observation: Any, action_space: Any, simulator: Simulator, settings: OverloadSettings
) -> Decision | None:
    """The reconnection that leaves the lowest load, or None where none is possible or harmless.

    A line can be reconnected when it is disconnected and out of cooldown (attacks and maintenance
    hold their line in cooldown). It does no harm when the simulated load of the most loaded line
    stays below `critical_rho`, or does not rise above that of doing nothing.
    """
    disconnected = ~np.asarray(observation.line_status)
    possible = disconnected & (np.asarray(observation.time_before_cooldown_line) == 0)
    lines = tuple(int(line) for line in np.flatnonzero(possible))
    if not lines:
        return None
    actions = [action_space({"set_line_status": [(line, 1)]}) for line in lines]
    nothing = action_space({})
    outcomes = simulator.evaluate(observation, [nothing, *actions])
    labels = ["do nothing", *(f"reconnect {observation.name_line[line]}" for line in lines)]
    candidates = tuple(map(Candidate, labels, [nothing, *actions], outcomes))
    harmless = max(settings.critical_rho, candidates[0].outcome.max_rho)
    best = min(candidates[1:], key=lambda candidate: candidate.outcome.max_rho)
    if not best.outcome.max_rho < np.inf or best.outcome.max_rho > harmless:
        return None
    return Decision(best.action, "reconnection", best.label, lines, candidates)
