"""Checkpoints: all that a training needs to go on, in one file without pickled objects."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from ..errors import PowrlError
from ..player.files import write_whole
from .learner import Learner

_PATTERN = "checkpoint-*.pt"


@dataclass
class Progress:
    """How far a training has come, besides what its network has learned.

    Attributes
    ----------
    imitated:
        Whether the imitation is done, where there is one.
    rollouts:
        That were played.
    rows:
        Of the curve.
    calm:
        Episodes one after the other without a decision.
    best:
        Best validation so far, share of steps survived.
    worse:
        Validations since then.
    lost:
        What the curriculum knows (`powrl.learning.curriculum.Curriculum.lost`).
    """

    imitated: bool = False
    rollouts: int = 0
    rows: int = 0
    calm: int = 0
    best: float = -1.0
    worse: int = 0
    lost: dict[str, float] = field(default_factory=dict)


def save_checkpoint(folder: Path, learner: Learner, progress: Progress) -> Path:
    """Write ``checkpoint-<rollouts>.pt``; the one before it is removed once this one is whole."""
    path = folder / f"checkpoint-{progress.rollouts:09d}.pt"
    model = learner.model
    state = {
        "timesteps": model.num_timesteps,
        "updates": model._n_updates,
        "policy": model.policy.state_dict(),
        "optimizer": model.policy.optimizer.state_dict(),
        "features": _statistics(learner.normalisation.features),
        "returns": _statistics(learner.normalisation.returns),
        "progress": asdict(progress),
    }
    content = io.BytesIO()  # torch turns an OSError of a file into an error of its own
    torch.save(state, content)
    write_whole(path, lambda file: file.write(content.getbuffer()))
    for older in folder.glob(_PATTERN):
        if older != path:
            older.unlink()
    return path


def load_checkpoint(folder: Path, learner: Learner) -> Progress:
    """Bring a fresh learner to the state of the last checkpoint of a run folder.

    Raises
    ------
    PowrlError
        There is none, it is damaged, or it is of another model.
    """
    paths = sorted(folder.glob(_PATTERN))
    if not paths:
        raise PowrlError(f"{folder} has no checkpoint to resume from; start the training anew.")
    try:
        state = torch.load(paths[-1], weights_only=True)
        model = learner.model
        model.policy.load_state_dict(state["policy"])
        model.policy.optimizer.load_state_dict(state["optimizer"])
        _restore(learner.normalisation.features, state["features"])
        _restore(learner.normalisation.returns, state["returns"])
        model.num_timesteps = int(state["timesteps"])
        model._n_updates = int(state["updates"])
        return Progress(**state["progress"])
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


def _statistics(running: Any) -> dict[str, Any]:
    return {
        "mean": torch.as_tensor(running.mean),
        "variance": torch.as_tensor(running.var),
        "count": float(running.count),
    }


def _restore(running: Any, state: dict[str, Any]) -> None:
    running.mean = state["mean"].numpy()
    running.var = state["variance"].numpy()
    running.count = state["count"]
