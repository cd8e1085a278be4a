"""Runs of grid2op's own runner, without work that a score has no use for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from grid2op.Environment import Environment

from .grid2op_internals import read_csv_of_pandas, series_read_by, uncompressed_arrays


class EnvironmentMadeOnce(Environment):
    """An environment that a runner is given again when it asks for one a second time.

    grid2op's ``Runner`` makes one to look at its backend, and closes it, before it makes the one
    that it plays.

    Attributes
    ----------
    unplayed:
        What the runner has made and not asked for again yet.
    played:
        What it plays.
    """

    unplayed: ClassVar[Environment | None] = None
    played: ClassVar[Environment | None] = None

    @classmethod
    def init_obj_from_kwargs(cls, **arguments: object) -> Environment:
        """Make the environment, as ``grid2op.Environment`` does, or return the existing one."""
        environment, EnvironmentMadeOnce.unplayed = EnvironmentMadeOnce.unplayed, None
        if environment is None:
            environment = EnvironmentMadeOnce.unplayed = super().init_obj_from_kwargs(**arguments)
        EnvironmentMadeOnce.played = environment
        return environment

    def close(self) -> None:
        """Free what it holds, unless it is still to be played."""
        if EnvironmentMadeOnce.unplayed is not self:
            EnvironmentMadeOnce.played = None
            super().close()


@contextmanager
def lean_runs(environment: Environment) -> Iterator[None]:
    """Make runs that start from a grid2op environment faster; what happens in them is the same.

    Parameters
    ----------
    environment:
        Environment that is opened for these runs.
    """
    described = environment.get_params_for_runner

    def params() -> dict[str, Any]:
        EnvironmentMadeOnce.unplayed = None
        return {**described(), "envClass": EnvironmentMadeOnce}

    environment.get_params_for_runner = params
    # to compress arrays that are read once takes a fifth of the time
    with uncompressed_arrays():
        yield


@contextmanager
def series_read_once() -> Iterator[None]:
    """Have grid2op read time series once, not for each environment and again for each reset."""
    with series_read_by(_read_csv):
        yield


def _read_csv(path: str, **options: object) -> Any:
    if options.get("chunksize") is not None:
        return read_csv_of_pandas(path, **options)
    return _cached_csv(path, Path(path).stat().st_mtime_ns, **options)


@lru_cache(maxsize=16)  # two scenarios of eight files
def _cached_csv(path: str, _written: int, **options: object) -> Any:
    return read_csv_of_pandas(path, **options)
