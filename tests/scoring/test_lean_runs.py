"""Lean runs leave the files that grid2op's own runs leave."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import grid2op
import numpy as np
import pytest
from grid2op.Agent import RecoPowerlineAgent
from grid2op.Chronics import gridStateFromFile
from grid2op.Environment import Environment
from grid2op.Episode import EpisodeData
from grid2op.Episode.EpisodeData import CollectionWrapper
from grid2op.Reward import L2RPNSandBoxScore
from grid2op.utils import EpisodeStatistics

from powrl.environments.opening import Scenarios, open_environment
from powrl.scoring.lean_runs import lean_runs, series_read_once

NEURIPS = Scenarios("l2rpn_neurips_2020_track1", names="Scenario_february_dummy")
TIMES = {EpisodeData.AG_EXEC_TIMES, EpisodeData.TIMES_FILE}


def run(environment: Any, folder: Path) -> Path:
    """The files of one episode, written by grid2op."""
    EpisodeStatistics.run_env(
        environment,
        path_save=str(folder),
        parameters=environment.parameters,
        scores_func=L2RPNSandBoxScore,
        agent=RecoPowerlineAgent(environment.action_space),
        nb_scenario=1,
        max_step=60,
        env_seeds=[4],
        agent_seeds=[4],
        pbar=False,
        nb_process=1,
    )
    return folder / "Scenario_february_dummy"


def same_content(path: Path, other: Path) -> bool:
    if path.name == EpisodeData.META_FILE:
        lean, plain = (json.loads(file.read_bytes()) for file in (path, other))
        assert lean.pop("env_type") != plain.pop("env_type")  # the names of their classes
        return bool(lean == plain)
    if path.suffix != ".npz":
        return path.read_bytes() == other.read_bytes()
    with np.load(path) as lean, np.load(other) as plain:
        return np.array_equal(lean["data"], plain["data"], equal_nan=True)


def test_the_files_are_the_same_and_one_environment_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments: list[Environment] = []
    closed: list[Environment] = []
    close, init = Environment.close, Environment.__init__

    def noted_init(self: Environment, *arguments: Any, **options: Any) -> None:
        environments.append(self)
        init(self, *arguments, **options)

    def noted_close(self: Environment) -> None:
        closed.append(self)
        close(self)

    environment = open_environment(NEURIPS)
    expected = run(environment, tmp_path / "expected")
    with monkeypatch.context() as patch, lean_runs(environment):
        patch.setattr(Environment, "__init__", noted_init)
        patch.setattr(Environment, "close", noted_close)
        lean = run(environment, tmp_path / "lean")
        again = run(environment, tmp_path / "again")
    assert len(environments) == 2
    assert closed == environments
    names = sorted(path.name for path in expected.iterdir())
    for folder in (lean, again):
        assert sorted(path.name for path in folder.iterdir()) == names
        for name in set(names) - TIMES:
            assert same_content(folder / name, expected / name), name
    environment.close()


def test_grid2op_is_as_it_was_afterwards() -> None:
    before = CollectionWrapper.save, EpisodeStatistics._save_numpy
    environment = open_environment(NEURIPS)
    with pytest.raises(RuntimeError), lean_runs(environment):
        raise RuntimeError
    assert (CollectionWrapper.save, EpisodeStatistics._save_numpy) == before
    environment.close()


def test_series_are_read_once_and_again_when_they_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pandas = gridStateFromFile.pd
    read: list[str] = []
    read_csv = pandas.read_csv

    def noted(path: str, **how: Any) -> Any:
        read.append(Path(path).name)
        return read_csv(path, **how)

    source = Path(grid2op.__file__).parent / "data" / "rte_case14_realistic"
    folder = shutil.copytree(source, tmp_path / "grid", ignore=shutil.ignore_patterns("001"))
    with open_environment(Scenarios("", folder)) as environment:
        expected = environment.reset().load_p
    monkeypatch.setattr(pandas, "read_csv", noted)
    with series_read_once(), open_environment(Scenarios("", folder)) as environment:
        assert np.array_equal(environment.reset().load_p, expected)
        assert [name.split(".")[0] for name in read].count("load_p") == 1
        (series,) = (folder / "chronics" / "000").glob("load_p.csv*")
        os.utime(series, (1, 1))
        before = len(read)
        assert np.array_equal(environment.reset().load_p, expected)
        assert read[before:] == [series.name]
    assert gridStateFromFile.pd is pandas
