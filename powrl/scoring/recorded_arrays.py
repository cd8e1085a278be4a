"""The arrays of a recording: which there are in which versions, their types, shapes and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

TRUTH, NUMBER, REAL, TEXT = "b", "iu", "fiu", "U"
"""Kinds of types (``numpy.dtype.kind``)."""


@dataclass(frozen=True)
class Layout:
    """What an array of a recording looks like.

    Attributes
    ----------
    kinds:
        Kinds of types that it may have.
    shape:
        Sizes by name, which are the same in all arrays; ``steps`` is that of the recording, and
        ``states`` is one more.
    numbers:
        Name of the size of what its values number, from 0 on; empty where they number nothing.
    """

    kinds: str
    shape: tuple[str, ...]
    numbers: str = ""


FIRST = {
    "rho": Layout(NUMBER, ("states", "lines")),
    "topology": Layout(NUMBER, ("states", "elements")),
    "attacked": Layout(TRUTH, ("steps", "lines")),
    "maintained": Layout(TRUTH, ("steps", "lines")),
    "tripped": Layout(TRUTH, ("steps", "lines")),
    "switched": Layout(NUMBER, ("steps", "lines")),
    "used": Layout(TRUTH, ("steps", "substations")),
    "redispatched": Layout(REAL, ("steps",)),
    "stored": Layout(REAL, ("steps",)),
    "curtailed": Layout(REAL, ("steps",)),
    "reasons": Layout(TEXT, ("steps",)),
    "lines": Layout(TEXT, ("lines",)),
    "substations": Layout(TEXT, ("substations",)),
    "places": Layout(REAL, ("substations", "two")),
    "ends": Layout(NUMBER, ("lines", "two"), "substations"),
    "elements": Layout(NUMBER, ("lines", "two"), "elements"),
    "substation_of": Layout(NUMBER, ("elements",), "substations"),
}
"""What each recording has."""

POWERS = {
    "flows": Layout(NUMBER, ("states", "lines")),
    "dispatched": Layout(NUMBER, ("states", "generators")),
    "curtailed_powers": Layout(NUMBER, ("states", "generators")),
    "storage_powers": Layout(NUMBER, ("states", "storages")),
    "generators": Layout(TEXT, ("generators",)),
    "storages": Layout(TEXT, ("storages",)),
    "generators_at": Layout(NUMBER, ("generators",), "substations"),
    "storages_at": Layout(NUMBER, ("storages",), "substations"),
    "moves": Layout(NUMBER, ("moves", "three")),
    "moves_mw": Layout(REAL, ("moves",)),
    "actions_at": Layout(NUMBER, ("values", "two")),
    "actions_values": Layout(REAL, ("values",)),
    "whys": Layout(TEXT, ("steps",)),
    "labels": Layout(TEXT, ("labels",)),
    "candidate_steps": Layout(NUMBER, ("candidates",), "steps"),
    "candidate_labels": Layout(NUMBER, ("candidates",), "labels"),
    "candidate_loads": Layout(NUMBER, ("candidates",)),
    "candidate_states": Layout(NUMBER, ("candidates",)),
    "candidate_chosen": Layout(TRUTH, ("candidates",)),
}
"""What recordings of the first versions lack: powers, whole actions, candidates."""

STATES = {
    "gen_p": Layout(NUMBER, ("states", "generators")),
    "gen_v": Layout(NUMBER, ("states", "generators")),
    "uncurtailed": Layout(NUMBER, ("states", "generators")),
    "targets": Layout(NUMBER, ("states", "generators")),
    "load_p": Layout(NUMBER, ("states", "loads")),
    "load_q": Layout(NUMBER, ("states", "loads")),
    "losses": Layout(REAL, ("states",)),
    "utilisation": Layout(REAL, ("states", "three")),
    "topology_changes": Layout(NUMBER, ("steps",)),
    "generator_types": Layout(TEXT, ("types",)),
    "hours": Layout(REAL, ("one",)),
}
"""What recordings lack that powrl made before it computed indicators."""


def is_whole(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether arrays are those of a recording of some version, and fit each other."""
    versions = (FIRST, FIRST | POWERS, FIRST | POWERS | STATES)
    layouts = next((version for version in versions if version.keys() == arrays.keys()), None)
    sizes = None if layouts is None else common_sizes(arrays, layouts)
    return (
        sizes is not None
        and sizes["steps"] > 0
        and sizes["states"] == sizes["steps"] + 1
        and sizes.get("types", 0) in (0, sizes.get("generators", 0))
        and _are_places(arrays, sizes)
    )


def common_sizes(
    arrays: Mapping[str, np.ndarray], layouts: Mapping[str, Layout]
) -> dict[str, int] | None:
    """The sizes of arrays by name, or None: the arrays do not fit their layouts or each other."""
    sizes = {"one": 1, "two": 2, "three": 3}
    for name, layout in layouts.items():
        array = arrays[name]
        if array.dtype.kind not in layout.kinds or array.ndim != len(layout.shape):
            return None
        pairs = zip(layout.shape, array.shape, strict=True)
        if any(sizes.setdefault(size, number) != number for size, number in pairs):
            return None
    numbered = [(name, layout.numbers) for name, layout in layouts.items() if layout.numbers]
    if not all(_all_below(arrays[name], sizes[size]) for name, size in numbered):
        return None
    return sizes


def _all_below(numbers: np.ndarray, size: int) -> bool:
    return bool(((numbers >= 0) & (numbers < size)).all())


def _are_places(arrays: Mapping[str, np.ndarray], sizes: Mapping[str, int]) -> bool:
    """Whether the map can be drawn, and moves and actions are of steps of the episode."""
    steps = [arrays[name][:, 0] for name in ("moves", "actions_at") if name in arrays]
    return bool(np.isfinite(arrays["places"]).all()) and all(
        _all_below(column, sizes["steps"]) for column in steps
    )
