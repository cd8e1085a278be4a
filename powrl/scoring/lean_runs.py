"""Runs of grid2op's own runner, without work that a score has no use for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
from grid2op.Chronics import gridStateFromFile
from grid2op.Environment import Environment
from grid2op.Episode.EpisodeData import CollectionWrapper
from grid2op.utils import EpisodeStatistics

_pandas = gridStateFromFile.pd


class EnvironmentMadeOnce(Environment):
    """An environment that a runner is given again when it asks for one a second time.

    grid2op's ``Runner`` makes one to look at its backend, and closes it, before it makes the one
    that it plays.

    Attributes
    ----------
    unplayed:
        What the runner has made and not asked for again yet.
    """

    unplayed: ClassVar[Environment | None] = None

    @classmethod
    def init_obj_from_kwargs(cls, **named: Any) -> Environment:
        """Make the environment (``grid2op.Environment.Environment``), or give the one there is."""
        made, EnvironmentMadeOnce.unplayed = EnvironmentMadeOnce.unplayed, None
        if made is None:
            made = EnvironmentMadeOnce.unplayed = super().init_obj_from_kwargs(**named)
        return made

    def close(self) -> None:
        """Free what it holds, unless it is still to be played."""
        if EnvironmentMadeOnce.unplayed is not self:
            super().close()


@contextmanager
def lean_runs(environment: Any) -> Iterator[None]:
    """Make runs that start from a grid2op environment faster; what happens in them is the same.

    Parameters
    ----------
    environment:
        One that is opened for these runs.
    """
    described = environment.get_params_for_runner

    def params() -> dict[str, Any]:
        EnvironmentMadeOnce.unplayed = None
        return {**described(), "envClass": EnvironmentMadeOnce}

    environment.get_params_for_runner = params
    # to compress arrays that are read once takes a fifth of the time
    save, save_numpy = CollectionWrapper.save, EpisodeStatistics._save_numpy
    CollectionWrapper.save = lambda self, path: np.savez(path, data=self.collection)
    EpisodeStatistics._save_numpy = staticmethod(lambda path, array: np.savez(path, data=array))
    try:
        yield
    finally:
        CollectionWrapper.save = save
        EpisodeStatistics._save_numpy = staticmethod(save_numpy)


@contextmanager
def series_read_once() -> Iterator[None]:
    """Have grid2op read time series once, not for each environment and again for each reset."""
    gridStateFromFile.pd = SimpleNamespace(**{**vars(_pandas), "read_csv": _read_csv})
    try:
        yield
    finally:
        gridStateFromFile.pd = _pandas


def _read_csv(path: str, **how: Any) -> Any:
    if how.get("chunksize") is not None:
        return _pandas.read_csv(path, **how)
    return _known_csv(path, Path(path).stat().st_mtime_ns, **how)


@lru_cache(maxsize=16)  # two scenarios of eight files
def _known_csv(path: str, _written: int, **how: Any) -> Any:
    return _pandas.read_csv(path, **how)
