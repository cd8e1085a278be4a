"""The reference runs of grid2op's score classes, made by the classes themselves."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import grid2op
import numpy as np
from lightsim2grid import LightSimBackend

from powrl.scoring.contest import Contest, PlannedEpisode
from powrl.scoring.references import drop_unneeded


def by_grid2op(
    contest: Contest,
    episode: PlannedEpisode,
    folder: Path,
    backend: type[LightSimBackend] = LightSimBackend,
) -> None:
    """Have a score class compute its references in a private copy, as its documentation does.

    Parameters
    ----------
    backend:
        Class of the backend; one that reads each grid once takes half of the time.
    """
    seed = contest.episode_seed(episode.seed, episode.scenario)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        environment = grid2op.make(str(folder), backend=backend())
        contest.edition.score_class(
            environment,
            env_seeds=[seed],
            agent_seeds=[seed],
            nb_scenario=1,
            max_step=contest.max_steps or -1,
        )
        environment.close()


def references(folder: Path) -> dict[str, Any]:
    """What a score is made from: arrays, facts and other files, by name.

    An array is represented by type, shape and bytes, so that ``-0.0`` is not ``0.0``.
    """
    drop_unneeded(folder)
    contents: dict[str, Any] = {}
    for path in sorted(folder.glob("_statistics*/*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".npz":
            with np.load(path) as file:
                array = file["data"]
            contents[name] = (array.dtype.str, array.shape, array.tobytes())
        else:
            text = path.read_text(encoding="utf-8")
            contents[name] = json.loads(text) if path.suffix == ".json" else text
    return contents


def as_array(content: tuple[str, tuple[int, ...], bytes]) -> np.ndarray:
    """An array from the representation that `references` gives it."""
    kind, shape, values = content
    return np.frombuffer(values, dtype=kind).reshape(shape)


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Names of the files that are not the same in both, or that one lacks."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
