"""Splits of substations that are held together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Tuple

import numpy as np

from ..actions.action_set import ActionSet

Splits = Tuple[int, ...]
"""Numbers of actions, in the action set, of different substations."""

NOMINAL: Splits = ()
"""No substation is split."""

COMBINED = 2
"""Second splits are looked at on top of so many of the best first ones."""


def topology_of(actions: ActionSet, nominal: np.ndarray, splits: Splits) -> np.ndarray:
    """The topology that splits make, shape ``(dim_topo,)``.

    Parameters
    ----------
    nominal:
        The topology without them, shape ``(dim_topo,)``.
    """
    topology = nominal
    for number in splits:
        topology = actions.played_in(topology, number).changed_topology(topology)
    return topology


def combined(
    actions: ActionSet, firsts: Iterable[Splits], additions: Iterable[int]
) -> list[Splits]:
    """Each addition on top of each of the first ones, where it splits another substation.

    Parameters
    ----------
    firsts:
        One split each.
    additions:
        Numbers of the actions of the second splits.
    """
    seconds, substations = list(additions), actions.substations
    return [
        (first, second)
        for (first,) in firsts
        for second in seconds
        if substations[first] != substations[second]
    ]
