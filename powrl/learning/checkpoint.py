"""Checkpoints: all that a training needs to go on, in one file without pickled objects."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from ..errors import PowrlError
from ..player.files import open_regular, write_bytes_whole
from .algorithms.base import Algorithm

_PATTERN = "checkpoint-*.pt"


@dataclass
class Progress:
    """How far a training has come, besides the state of its algorithm.

    Attributes
    ----------
    imitated:
        Whether the imitation is over.
    rollouts:
        Rollouts played.
    rows:
        Rows of the curve.
    calm:
        Episodes without a decision since the last one that had any.
    best:
        Best validation so far, share of steps survived.
    worse:
        Validations since the best one.
    lost:
        Memory of the curriculum (`powrl.learning.curriculum.Curriculum.lost`).
    made_from:
        Digest of what the training began with (`powrl.learning.run_files.start_digest`).
    """

    imitated: bool = False
    rollouts: int = 0
    rows: int = 0
    calm: int = 0
    best: float = -1.0
    worse: int = 0
    lost: dict[str, float] = field(default_factory=dict)
    made_from: str = ""


def save_checkpoint(folder: Path, algorithm: Algorithm, progress: Progress) -> Path:
    """Write ``checkpoint-<rollouts>.pt``; the one before it goes once this one is whole."""
    path = folder / f"checkpoint-{progress.rollouts:09d}.pt"
    state = _tensors({**algorithm.state(), "progress": asdict(progress)})
    content = io.BytesIO()  # torch turns an OSError of a file into an error of its own
    torch.save(state, content)
    write_bytes_whole(path, content.getbuffer())
    for older in folder.glob(_PATTERN):
        if older != path:
            older.unlink()
    return path


def has_checkpoint(folder: Path) -> bool:
    """Tell whether a run folder has a checkpoint to go on from."""
    return any(folder.glob(_PATTERN))


def load_checkpoint(folder: Path, algorithm: Algorithm) -> Progress:
    """Bring a fresh algorithm to the state of the last checkpoint of a run folder.

    Raises
    ------
    PowrlError
        There is no checkpoint, it is damaged, or it is of another algorithm or network.
    """
    paths = sorted(folder.glob(_PATTERN))
    if not paths:
        raise PowrlError(f"{folder} has no checkpoint to resume from; start the training anew.")
    try:
        with open_regular(paths[-1]) as file:
            state = torch.load(file, weights_only=True)
        progress = Progress(**state.pop("progress"))
        algorithm.restore(state)
    except (
        OSError,
        EOFError,
        RuntimeError,
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
        pickle.UnpicklingError,
        zipfile.BadZipFile,
    ) as error:
        raise PowrlError(
            f"the checkpoint {paths[-1]} is damaged or of another configuration; remove it, or "
            "start the training anew."
        ) from error
    return progress


def _tensors(value: object) -> object:
    """Replace the arrays of a state by tensors, which torch reads without pickled objects."""
    if isinstance(value, np.ndarray):
        return torch.as_tensor(value)
    if isinstance(value, dict):
        return {key: _tensors(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_tensors(part) for part in value)
    return value
