"""Rule 3: on an overload, simulate the policy's best actions and take a safe one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..simulation.outcome import Simulator
from .decision import Candidate, Decision
from .settings import OverloadSettings


def remedy(
    observation: Any,
    base: Decision,
    labels: Sequence[str],
    build: Callable[[int], Any],
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
    if candidates[0].outcome.max_rho >= settings.safe_rho:
        for index, label in enumerate(labels[: settings.candidates]):
            action = build(index)
            outcome = simulator.evaluate(observation, [action])[0]
            candidates.append(Candidate(label, action, outcome))
            if outcome.max_rho < settings.safe_rho:
                break
    best = min(candidates, key=lambda candidate: candidate.outcome.max_rho)
    return Decision(best.action, "remedy", best.label, tuple(map(int, lines)), tuple(candidates))
