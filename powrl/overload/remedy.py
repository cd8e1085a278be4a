"""Rule 3: on an overload, simulate the policy's best actions and take a safe one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..grid.action import GridAction
from ..simulation.outcome import Simulator
from .decision import Candidate, Decision
from .settings import OverloadSettings


def remedy(
    observation: Any,
    base: Decision,
    labels: Sequence[str],
    build: Callable[[int], GridAction],
    simulator: Simulator,
    settings: OverloadSettings,
) -> Decision:
    """The first of the ranked actions that is safe, else the one that does the least harm.

    Parameters
    ----------
    base:
        What is done without a topology action: nothing, or a reconnection. It is simulated first
        and competes with the others.
    labels, build:
        The policy's best actions, best first: their names, and how to build the i-th of them
        (on top of `base`); built only when it is their turn to be simulated.
    """
    lines = np.flatnonzero(np.asarray(observation.rho) >= settings.critical_rho)
    candidates = [
        Candidate(base.choice, base.action, simulator.evaluate(observation, [base.action])[0])
    ]
    wanted = min(settings.candidates, len(labels))
    size = simulator.batch_size if settings.safe_rho > 0 else max(wanted, 1)
    first, is_safe = 0, candidates[0].outcome.max_rho < settings.safe_rho
    while first < wanted and not is_safe:
        batch = range(first, min(first + size, wanted))
        actions = [build(index) for index in batch]
        outcomes = simulator.evaluate(observation, actions)
        for index, action, outcome in zip(batch, actions, outcomes, strict=True):
            candidates.append(Candidate(labels[index], action, outcome))
            is_safe = outcome.max_rho < settings.safe_rho
            if is_safe:
                break
        first += len(batch)
    best = min(candidates, key=lambda candidate: candidate.outcome.max_rho)
    return Decision(best.action, "remedy", best.label, tuple(map(int, lines)), tuple(candidates))
