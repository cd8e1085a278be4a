"""The state of a grid that a map shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CONNECTED, OTHER, PROTECTION, MAINTENANCE, ATTACK = range(5)
"""Why a line is out; the highest counts. OTHER: the agent opened it, or nobody knows."""

CAUSES = ("", "other", "protection", "maintenance", "attack")
"""Names of these causes in the look of maps."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One step of a grid.

    Attributes
    ----------
    loads:
        Load of each line (%), shape ``(n_line,)``.
    busbars:
        Busbars at both ends of each line, shape ``(n_line, 2)``.
    causes:
        Why each line is out, shape ``(n_line,)``.
    split:
        Substations that use both busbars, shape ``(n_sub,)``, bool.
    acted:
        Substations that the action touches, shape ``(n_sub,)``, bool.
    forward:
        Lines whose power flows from the origin to the extremity, shape ``(n_line,)``, bool; None:
        not known.
    """

    loads: np.ndarray
    busbars: np.ndarray
    causes: np.ndarray
    split: np.ndarray
    acted: np.ndarray
    forward: np.ndarray | None = None


def split_substations(topology: np.ndarray, substation_of: np.ndarray, n_sub: int) -> np.ndarray:
    """Substations with an element on busbar 2, shape ``(n_sub,)``, bool.

    Parameters
    ----------
    topology:
        Busbar of each element, shape ``(dim_topo,)``.
    substation_of:
        Substation of each element, shape ``(dim_topo,)``.
    """
    split = np.zeros(n_sub, dtype=bool)
    split[substation_of[topology == 2]] = True
    return split
