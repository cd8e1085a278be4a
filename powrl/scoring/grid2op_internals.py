"""Private parts of grid2op that scoring reads or replaces, each behind one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
from grid2op.Agent import BaseAgent
from grid2op.Chronics import gridStateFromFile
from grid2op.Environment import Environment
from grid2op.Episode.EpisodeData import CollectionWrapper
from grid2op.Parameters import Parameters
from grid2op.utils import EpisodeStatistics

SET_STATUS, CHANGE_STATUS = "_set_line_status", "_switch_line_status"
SET_BUS, CHANGE_BUS, REDISPATCH = "_set_topo_vect", "_change_bus_vect", "_redispatch"
STORAGE, CURTAIL = "_storage_power", "_curtail"
"""Names of the parts of an action in its vector."""

_pandas = gridStateFromFile.pd


@contextmanager
def uncompressed_arrays() -> Iterator[None]:
    """Have grid2op write the arrays of episodes and statistics without compression."""
    save, save_numpy = CollectionWrapper.save, EpisodeStatistics._save_numpy
    CollectionWrapper.save = lambda self, path: np.savez(path, data=self.collection)
    EpisodeStatistics._save_numpy = staticmethod(lambda path, array: np.savez(path, data=array))
    try:
        yield
    finally:
        CollectionWrapper.save = save
        EpisodeStatistics._save_numpy = staticmethod(save_numpy)


def read_csv_of_pandas(path: str, **options: object) -> Any:
    """Read a CSV file as grid2op does."""
    return _pandas.read_csv(path, **options)


@contextmanager
def series_read_by(read_csv: Callable[..., Any]) -> Iterator[None]:
    """Have grid2op read time series with a function in place of ``pandas.read_csv``."""
    gridStateFromFile.pd = SimpleNamespace(**{**vars(_pandas), "read_csv": read_csv})
    try:
        yield
    finally:
        gridStateFromFile.pd = _pandas


def rewarded_state(environment: Environment, gen_p: np.ndarray) -> dict[str, Any]:
    """What costs and rewards read of an environment, by its private names.

    Parameters
    ----------
    environment:
        Environment after its reset: without redispatching, storage power and curtailment.
    gen_p:
        Generation in its place, MW, shape ``(n_gen,)``.
    """
    return {
        "_gen_activeprod_t": gen_p,
        "_actual_dispatch": environment._actual_dispatch,
        "_storage_power": environment._storage_power,
        "_sum_curtailment_mw": environment._sum_curtailment_mw,
    }


def write_statistics_array(path: str, values: np.ndarray) -> None:
    """Write an array as ``EpisodeStatistics`` does."""
    EpisodeStatistics._save_numpy(path, values)


def mark_scored_statistics(statistics: EpisodeStatistics) -> None:
    """Mark the folder of statistics as one that holds scores."""
    statistics._tell_is_stats()
    statistics._tell_has_score()


def statistics_facts(
    statistics: EpisodeStatistics,
    agent: BaseAgent,
    parameters: Parameters,
    max_step: int,
    agent_seeds: Sequence[int],
    env_seeds: Sequence[int],
) -> dict[str, Any]:
    """The metadata of statistics."""
    facts: dict[str, Any] = statistics._fill_metadata(
        agent, parameters, max_step, agent_seeds, env_seeds
    )
    return facts


def gather_statistics(
    statistics: EpisodeStatistics,
    episodes: Sequence[tuple[str, str]],
    facts: Mapping[str, Any],
    attributes: Sequence[str],
) -> None:
    """Put the arrays of episodes together, of these attributes and of the scores.

    Parameters
    ----------
    episodes:
        Folder of the statistics and name of the scenario, of each episode.
    facts:
        Metadata (`statistics_facts`).
    """
    everything, statistics.li_attributes = statistics.li_attributes, list(attributes)
    try:
        statistics._gather_all(list(episodes), facts, score_names=[EpisodeStatistics.SCORES])
    finally:
        statistics.li_attributes = everything
