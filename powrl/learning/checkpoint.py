"""Checkpoints: all that a training needs to go on, in one file without pickled objects."""

from __future__ import annotations

import io
import lzma
import pickle
import struct
import zipfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import torch

from ..errors import PowrlError
from ..player.files import open_regular, write_bytes_whole
from .algorithms.base import Algorithm
from .run_files import checkpoints


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
    for older in checkpoints(folder):
        if older != path:
            older.unlink()
    return path


def load_checkpoint(folder: Path, algorithm: Algorithm) -> Progress:
    """Bring a fresh algorithm to the state of the last checkpoint of a run folder.

    Raises
    ------
    PowrlError
        There is no checkpoint, it is damaged, or it is of another algorithm or network.
    """
    paths = checkpoints(folder)
    if not paths:
        raise PowrlError(f"{folder} has no checkpoint to resume from; start the training anew.")
    try:
        with open_regular(paths[-1]) as file:
            _require_undamaged(file)
            state = torch.load(file, weights_only=True)
        progress = Progress(**state.pop("progress"))
        algorithm.restore(state)
    except (
        OSError,
        EOFError,
        RuntimeError,
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
        pickle.UnpicklingError,
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        raise PowrlError(
            f"the checkpoint {paths[-1]} is damaged or of another configuration; remove it, or "
            "start the training anew."
        ) from error
    return progress


def _require_undamaged(file: IO[bytes]) -> None:
    """Compare all parts of a file with their checksums, which torch does not look at.

    Raises
    ------
    BadZipFile
        A part is not as it was written; of a damaged file zipfile may raise other errors.
    """
    with zipfile.ZipFile(file) as archive:
        if (name := archive.testzip()) is not None:
            raise zipfile.BadZipFile(f"{name} is damaged")
    file.seek(0)


def _tensors(value: object) -> object:
    """Replace the arrays of a state by tensors, which torch reads without pickled objects."""
    if isinstance(value, np.ndarray):
        return torch.as_tensor(value)
    if isinstance(value, dict):
        return {key: _tensors(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_tensors(part) for part in value)
    return value
