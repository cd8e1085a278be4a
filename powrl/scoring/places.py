"""Where the substations of a grid are drawn: where its folder says, or where they fit."""

from __future__ import annotations

from collections.abc import Mapping

import networkx
import numpy as np

from ..player.grid.grid2op_objects import Environment

_LARGE = 300
"""Substations from which on a quicker method places them."""


def places_of(environment: Environment) -> np.ndarray:
    """Places of the substations, shape ``(n_sub, 2)``, float.

    They are those of ``grid_layout.json``, which an environment need not have; computed, the same
    grid gets the same places.
    """
    layout = environment.grid_layout
    names = [str(name) for name in environment.name_sub]
    if isinstance(layout, Mapping) and all(name in layout for name in names):
        return np.array([layout[name] for name in names], dtype=float)
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(names)))
    graph.add_edges_from(
        zip(environment.line_or_to_subid, environment.line_ex_to_subid, strict=True)
    )
    if len(names) <= _LARGE:
        layout = networkx.kamada_kawai_layout(graph)
    else:
        layout = networkx.spring_layout(graph, seed=0)
    return np.array([layout[number] for number in range(len(names))], dtype=float)
