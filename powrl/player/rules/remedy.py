"""Rule 3: on an overload, simulate the policy's best actions and take a safe one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..grid.action import GridAction
from ..lookahead.outcome import Outcome, Simulator
from .decision import Candidate, Decision
from .settings import OverloadSettings

BATCHES_AT_ONCE = 16
"""Where all are simulated anyway, larger batches are faster, as far as the time allows."""


def remedy(
    observation: Any,
    base: Decision,
    labels: Sequence[str],
    build: Callable[[int], GridAction],
    simulator: Simulator,
    settings: OverloadSettings,
    rank: Callable[[Outcome], float],
    deadline: float = float("inf"),
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
    rank:
        How bad an outcome is, the lower the better.
    deadline:
        Value of `time.perf_counter` after which no more are simulated; the first ones always are.
    """
    lines = np.flatnonzero(np.asarray(observation.rho) >= settings.critical_rho)
    wanted = 1 + min(settings.candidates, len(labels))
    size, start = simulator.batch_size, time.perf_counter()
    candidates: list[Candidate] = []
    while len(candidates) < wanted:
        batch = range(len(candidates), min(len(candidates) + size, wanted))
        actions = [build(index - 1) if index else base.action for index in batch]
        for index, action, outcome in zip(batch, actions, simulator.evaluate(observation, actions)):
            label = labels[index - 1] if index else base.choice
            candidates.append(Candidate(label, action, outcome))
            if outcome.max_rho < settings.safe_rho:
                break
        now = time.perf_counter()
        if candidates[-1].outcome.max_rho < settings.safe_rho or now >= deadline:
            break
        if settings.safe_rho == 0:
            per_batch = simulator.batch_size * (now - start) / len(candidates)
            in_time = (deadline - now) / per_batch
            size = simulator.batch_size * int(np.clip(in_time, 1, BATCHES_AT_ONCE))
    is_safe = candidates[-1].outcome.max_rho < settings.safe_rho
    best = candidates[-1] if is_safe else min(candidates, key=lambda each: rank(each.outcome))
    return Decision(best.action, "remedy", best.label, tuple(map(int, lines)), tuple(candidates))
