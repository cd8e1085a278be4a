"""Hard states and evaluations as files: plain arrays, whole or not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PowrlError
from ..player.array_file import load_arrays, save_arrays
from ..player.lookahead.grid_model import Injections
from ..player.lookahead.state import GridState
from .evaluation import Evaluation
from .states import HardState

_INJECTIONS = tuple(each.name for each in fields(Injections))
_STATE = tuple(each.name for each in fields(GridState) if each.name != "injections")


def save_states(path: Path, states: Sequence[HardState]) -> None:
    """Write the states of a scenario (``.npz``)."""
    arrays: dict[str, Any] = {
        "cause": np.array([each.cause for each in states], dtype="U32"),
        "step": np.array([each.step for each in states], dtype=np.int64),
    }
    for name in _STATE:
        arrays[name] = np.array([getattr(each.state, name) for each in states])
    for name in _INJECTIONS:
        arrays[name] = np.array([getattr(each.state.injections, name) for each in states])
    save_arrays(path, arrays)


def load_states(path: Path) -> list[HardState]:
    """The inverse of `save_states`.

    Raises
    ------
    PowrlError
        The file is damaged.
    """
    arrays = _load(path, ("cause", "step", *_STATE, *_INJECTIONS))
    found = []
    for row, (cause, step) in enumerate(zip(arrays["cause"], arrays["step"], strict=True)):
        injections = Injections(*(arrays[name][row] for name in _INJECTIONS))
        parts = {name: arrays[name][row] for name in _STATE}
        found.append(HardState(GridState(injections=injections, **parts), str(cause), int(step)))
    return found


def save_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write the evaluation of a scenario's states (``.npz``)."""
    arrays: dict[str, Any] = {
        each.name: getattr(evaluation, each.name) for each in fields(evaluation)
    }
    save_arrays(path, arrays)


def load_evaluation(path: Path) -> Evaluation:
    """The inverse of `save_evaluation`.

    Raises
    ------
    PowrlError
        The file is damaged.
    """
    return Evaluation(**_load(path, tuple(each.name for each in fields(Evaluation))))


def _load(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    remedy = "remove it, and --resume makes it again"
    arrays = load_arrays(path, "file", remedy)
    if not set(names) <= set(arrays):
        raise PowrlError(f"{path} is of another version of powrl; {remedy}.")
    return {name: arrays[name] for name in names}
