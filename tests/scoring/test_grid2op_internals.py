"""grid2op still has the private parts that scoring reads or replaces."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from grid2op.Agent import DoNothingAgent
from grid2op.Chronics import gridStateFromFile
from grid2op.Episode.EpisodeData import CollectionWrapper
from grid2op.utils import EpisodeStatistics

from powrl.scoring import grid2op_internals as internals


def test_arrays_are_not_compressed_inside(tmp_path: Path) -> None:
    before = CollectionWrapper.save, EpisodeStatistics._save_numpy
    values = np.zeros((50, 3), dtype=np.float32)
    for name in ("plain", "packed"):
        if name == "plain":
            with internals.uncompressed_arrays():
                internals.write_statistics_array(str(tmp_path / name), values)
                CollectionWrapper.save(SimpleNamespace(collection=values), str(tmp_path / "all"))
        else:
            internals.write_statistics_array(str(tmp_path / name), values)
    kinds = {
        path.stem: zipfile.ZipFile(path).infolist()[0].compress_type
        for path in tmp_path.glob("*.npz")
    }
    stored, packed = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
    assert kinds == {"plain": stored, "all": stored, "packed": packed}
    with np.load(tmp_path / "all.npz") as arrays:
        np.testing.assert_array_equal(arrays["data"], values)
    assert (CollectionWrapper.save, EpisodeStatistics._save_numpy) == before


def test_series_are_read_by_another_function_inside(tmp_path: Path) -> None:
    before = gridStateFromFile.pd
    with internals.series_read_by(lambda path, **_: path):
        assert gridStateFromFile.pd.read_csv("a") == "a"
        assert gridStateFromFile.pd.DataFrame is before.DataFrame
    assert gridStateFromFile.pd is before
    (tmp_path / "a.csv").write_text("x;y\n1;2\n", encoding="utf-8")
    assert list(internals.read_csv_of_pandas(str(tmp_path / "a.csv"), sep=";")) == ["x", "y"]


def test_nothing_is_dispatched_after_a_reset(case14: Any) -> None:
    gen_p = np.ones(case14.n_gen)
    state = internals.rewarded_state(case14, gen_p)
    assert state["_gen_activeprod_t"] is gen_p
    assert hasattr(case14, "_gen_activeprod_t")
    assert not np.any(state["_actual_dispatch"])
    assert not np.any(state["_storage_power"])
    assert not np.any(state["_sum_curtailment_mw"])


def test_parts_of_an_action_are_in_its_vector(case14: Any) -> None:
    names = case14.action_space.subtype.attr_list_vect
    parts = (internals.SET_STATUS, internals.CHANGE_STATUS, internals.SET_BUS)
    assert {*parts, internals.CHANGE_BUS, internals.REDISPATCH} <= set(names)


def test_statistics_are_gathered_with_their_facts(case14: Any, tmp_path: Path) -> None:
    statistics = EpisodeStatistics(case14, name_stats="test")
    statistics.path_save_stats = str(tmp_path)
    attributes = list(statistics.li_attributes)
    (tmp_path / "000").mkdir()
    internals.mark_scored_statistics(statistics)
    for name in (statistics.get_name_file("load_p"), EpisodeStatistics.SCORES):
        internals.write_statistics_array(str(tmp_path / "000" / name), np.ones((2, 1)))
    agent = DoNothingAgent(case14.action_space)
    facts = internals.statistics_facts(statistics, agent, case14.parameters, 2, [0], [0])
    assert facts["max_step"] == 2
    facts["score_class"] = "a class"
    internals.gather_statistics(statistics, [(str(tmp_path), "000")], facts, ["load_p"])
    written = {path.name for path in tmp_path.iterdir()}
    assert {EpisodeStatistics.SCORES, statistics.get_name_file("load_p")} <= written
    assert statistics.li_attributes == attributes
