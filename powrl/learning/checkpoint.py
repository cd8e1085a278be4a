"""Checkpoints: all that a training needs to go on, in one file without pickled objects."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.vec_env import VecNormalize

from ..errors import PowrlError
from ..files import write_whole

_PATTERN = "checkpoint-*.pt"


def save_checkpoint(folder: Path, model: Any, normalisation: VecNormalize) -> Path:
    """Write ``checkpoint-<timesteps>.pt``; the one before it is removed once this one is whole."""
    path = folder / f"checkpoint-{model.num_timesteps:09d}.pt"
    state = {
        "timesteps": model.num_timesteps,
        "updates": model._n_updates,
        "policy": model.policy.state_dict(),
        "optimizer": model.policy.optimizer.state_dict(),
        "observations": _statistics(normalisation.obs_rms),
        "returns": _statistics(normalisation.ret_rms),
    }
    content = io.BytesIO()  # torch turns an OSError of a file into an error of its own
    torch.save(state, content)
    write_whole(path, lambda file: file.write(content.getbuffer()))
    for older in folder.glob(_PATTERN):
        if older != path:
            older.unlink()
    return path


def has_checkpoint(folder: Path) -> bool:
    """Whether a run folder holds a checkpoint to go on from."""
    return any(folder.glob(_PATTERN))


def load_checkpoint(folder: Path, model: Any, normalisation: VecNormalize) -> None:
    """Bring a fresh model to the state of the last checkpoint of a run folder.

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
        model.policy.load_state_dict(state["policy"])
        model.policy.optimizer.load_state_dict(state["optimizer"])
        _restore(normalisation.obs_rms, state["observations"])
        _restore(normalisation.ret_rms, state["returns"])
        model.num_timesteps = int(state["timesteps"])
        model._n_updates = int(state["updates"])
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
