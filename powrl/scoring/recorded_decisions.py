"""What a recording keeps of decisions: all that was simulated, and why one action won."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

UNKNOWN_LOAD = 65535
"""Load of a candidate that is illegal, or that ends the episode."""
LEGAL, ILLEGAL, GAME_OVER = 0, 1, 2
"""States of a candidate."""


class DecisionRecorder:
    """Collects decisions while an episode is played, without their arrays.

    A decision is any object with the attributes of `powrl.player.rules.decision.Decision`; those of
    older packaged agents lack some.
    """

    def __init__(self) -> None:
        self.whys: dict[int, str] = {}
        self._labels: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int, bool]] = []

    def add(self, step: int, decision: Any) -> None:
        """Keep the candidates of the decision of a step (counted from 0), and its sentence."""
        why = str(getattr(decision, "why", ""))
        if getattr(decision, "cut", False):
            why = "; ".join(filter(None, (why, "the clock ended the search early")))
        if why:
            self.whys[step] = why
        chosen = getattr(decision, "chosen", None)
        for candidate in getattr(decision, "candidates", ()):
            outcome = candidate.outcome
            state = LEGAL if outcome.legal and not outcome.game_over else GAME_OVER
            load = outcome.max_rho if state == LEGAL else np.inf
            number = self._labels.setdefault(str(candidate.label), len(self._labels))
            row = (step, number, _per_mille(load), state if outcome.legal else ILLEGAL)
            self._rows.append((*row, candidate is chosen))

    def arrays(self, steps: int) -> dict[str, np.ndarray]:
        """The arrays of a recording of so many steps."""
        rows = [row for row in self._rows if row[0] < steps]
        columns = list(zip(*rows, strict=True)) or [()] * 5
        return {
            "whys": np.array([self.whys.get(step, "") for step in range(steps)], dtype=str),
            "labels": np.array(list(self._labels), dtype=str),
            "candidate_steps": np.array(columns[0], dtype=np.int32),
            "candidate_labels": np.array(columns[1], dtype=np.int32),
            "candidate_loads": np.array(columns[2], dtype=np.uint16),
            "candidate_states": np.array(columns[3], dtype=np.uint8),
            "candidate_chosen": np.array(columns[4], dtype=bool),
        }


def continued(
    before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], step: int
) -> dict[str, np.ndarray]:
    """The arrays of an episode that goes on otherwise from a step on.

    Parameters
    ----------
    before:
        Arrays of the original.
    after:
        Arrays of all steps of the new one; only those from `step` on count.
    """
    labels = np.concatenate([before["labels"], after["labels"]])
    shifted = after["candidate_labels"] + len(before["labels"])
    after = {**after, "candidate_labels": shifted.astype(np.int32)}
    old, new = before["candidate_steps"] < step, after["candidate_steps"] >= step
    columns = [f"candidate_{name}" for name in ("steps", "labels", "loads", "states", "chosen")]
    joined = {name: np.concatenate([before[name][old], after[name][new]]) for name in columns}
    whys = np.concatenate([before["whys"][:step], after["whys"][step:]])
    return {**joined, "labels": labels, "whys": whys}


def _per_mille(load: float) -> int:
    return min(round(1000 * load), UNKNOWN_LOAD - 1) if np.isfinite(load) else UNKNOWN_LOAD
