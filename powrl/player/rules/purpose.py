"""What a plan of the generators is for, in words: which loss of a line it prepares for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .case import Case

MAX_NAMED, MIN_NAMED_MW = 3, 0.05
"""Losses, and generators, that a sentence names, and the smallest move that is named."""


def purpose_of(
    losses: Sequence[tuple[int | None, Case]], changes: np.ndarray, names: Sequence[str]
) -> str:
    """The overloads that a plan corrects, and what it leaves of them.

    Parameters
    ----------
    losses:
        Number of the line that is lost (None: the grid as it is), and its case.
    changes:
        Changes of the generators, then what reliefs inject (MW), shape ``(n + m,)``.
    names:
        Names of the lines.

    Returns
    -------
    str
        Empty where no line would be beyond its limit without the changes.
    """
    parts = []
    for lost, case in losses:
        lines, loads = case.beyond()
        if not len(lines):
            continue
        worst = int(loads.argmax())
        line, before = int(lines[worst]), float(loads[worst])
        after = float(case.loads(lines[worst : worst + 1], changes)[0])
        when = "now" if lost is None else f"after a loss of {names[lost]}"
        parts.append(
            (before, f"{names[line]} at {_percent(after)} instead of {_percent(before)} {when}")
        )
    parts.sort(key=lambda part: -part[0])
    more = f" and {len(parts) - MAX_NAMED} more" if len(parts) > MAX_NAMED else ""
    return "; ".join(text for _, text in parts[:MAX_NAMED]) + more


def moves_in_words(moves: np.ndarray, names: Sequence[str]) -> str:
    """The largest moves of generators (MW), shape ``(n,)``, with the names of the generators."""
    order = np.argsort(-np.abs(moves), kind="stable").tolist()
    order = [number for number in order if abs(moves[number]) >= MIN_NAMED_MW]
    texts = [f"{names[number]} {moves[number]:+.1f}" for number in order[:MAX_NAMED]]
    more = f" and {len(order) - MAX_NAMED} more" if len(order) > MAX_NAMED else ""
    return f"{', '.join(texts)}{more} MW" if texts else "generators by less than 0.1 MW"


def _percent(load: float) -> str:
    return f"{100 * load:.0f} %"
