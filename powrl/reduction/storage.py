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

_MADE_FROM = "made_from"
_INJECTIONS = ("gen_p", "gen_v", "load_p", "load_q")
"""Storage units are idle in a state: the power of an action lasts for its own step."""

_STATE = tuple(declared.name for declared in fields(GridState) if declared.name != "injections")


def save_states(path: Path, states: Sequence[HardState], made_from: str) -> None:
    """Write the states of a scenario (``.npz``).

    Parameters
    ----------
    made_from:
        Digest of all that they follow from.
    """
    arrays: dict[str, Any] = {
        "cause": np.array([state.cause for state in states], dtype="U32"),
        "step": np.array([state.step for state in states], dtype=np.int64),
    }
    for name in _STATE:
        arrays[name] = np.array([getattr(state.state, name) for state in states])
    for name in _INJECTIONS:
        arrays[name] = np.array([getattr(state.state.injections, name) for state in states])
    save_arrays(path, {**arrays, _MADE_FROM: np.array(made_from)})


def load_states(path: Path, made_from: str) -> list[HardState]:
    """The inverse of `save_states`.

    Raises
    ------
    PowrlError
        The file is damaged, or made from something else.
    """
    arrays = _load(path, made_from, ("cause", "step", *_STATE, *_INJECTIONS))
    states = []
    for row, (cause, step) in enumerate(zip(arrays["cause"], arrays["step"], strict=True)):
        injections = Injections(*(arrays[name][row] for name in _INJECTIONS))
        parts = {name: arrays[name][row] for name in _STATE}
        states.append(HardState(GridState(injections=injections, **parts), str(cause), int(step)))
    return states


def save_evaluation(path: Path, evaluation: Evaluation, made_from: str) -> None:
    """Write the evaluation of a scenario's states (``.npz``); `save_states` has its parameters."""
    arrays: dict[str, Any] = {
        declared.name: getattr(evaluation, declared.name) for declared in fields(evaluation)
    }
    save_arrays(path, {**arrays, _MADE_FROM: np.array(made_from)})


def load_evaluation(path: Path, made_from: str) -> Evaluation:
    """The inverse of `save_evaluation`.

    Raises
    ------
    PowrlError
        The file is damaged, or made from something else.
    """
    return Evaluation(
        **_load(path, made_from, tuple(declared.name for declared in fields(Evaluation)))
    )


def _load(path: Path, made_from: str, names: Sequence[str]) -> dict[str, np.ndarray]:
    remedy = "remove it, and --resume makes it again"
    arrays = load_arrays(path, "file", remedy)
    if not {*names, _MADE_FROM} <= set(arrays):
        raise PowrlError(f"{path} is of another version of powrl; {remedy}.")
    if str(arrays[_MADE_FROM]) != made_from:
        raise PowrlError(
            f"{path} was made from other settings, states or actions than this run has; {remedy}."
        )
    return {name: arrays[name] for name in names}
