"""Contests that are shared out: shards that are merged, and episodes that travel as data."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from powrl.errors import ConfigurationError, PowrlError
from powrl.parallel.folders import Folder, unpacked
from powrl.parallel.jobs import RayJobs
from powrl.parallel.ray_cluster import _relocated
from powrl.parallel.run import Task
from powrl.scoring import cluster_play, picture, report
from powrl.scoring.fingerprint import read_request
from powrl.scoring.merging import merge
from powrl.scoring.run import make_request, score
from powrl.scoring.run_folder import RunFolder
from powrl.scoring.scoring_result import ScoringResult
from powrl.scoring.shard import parse_shard
from tests.agents import make_agent_folder
from tests.scoring.numbers import numbers

CASE14 = "rte_case14_realistic"
OPENER = "tests.scoring.foreign:make_agent"
OPTIONS: dict[str, Any] = {
    **{"environment": CASE14, "scenarios": "00[01]", "max_steps": 4, "log": True, "seeds": 2},
    **{"jobs": 1, "untrained": False, "baselines": False},
}


@dataclass(frozen=True)
class Whole:
    """A contest that was played as a whole, in `folder`."""

    agent: str
    folder: Path
    result: ScoringResult


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("runs")
    agent = str(make_agent_folder(folder / "agent", CASE14))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture, "survival_picture", lambda *_: b"a picture")
        patch.setattr(report, "timeline_picture", lambda *_: b"a picture")
        yield Whole(agent, folder, score(agent, output=folder / "whole", **OPTIONS))


def test_merged_shards_have_the_numbers_of_the_whole(whole: Whole, tmp_path: Path) -> None:
    for shard in ("1/2", "2/2"):
        score(whole.agent, shard=shard, output=tmp_path / shard[0], **OPTIONS)
    names = [list(RunFolder(tmp_path / n).document()["scenarios"]) for n in "12"]
    assert names == [["000"], ["001"]]
    with pytest.raises(PowrlError, match=r"the shard 1/2 is missing; .* --shard 1/2"):
        merge([tmp_path / "2"])
    with pytest.raises(PowrlError, match="are the same shard, 1"):
        merge([tmp_path / "1", tmp_path / "1"])
    with pytest.raises(PowrlError, match="is no shard"):
        merge([whole.folder / "whole"])
    result = merge([tmp_path / "2", tmp_path / "1"], output=tmp_path / "merged")
    assert numbers(result) == numbers(whole.result)
    files, expected = RunFolder(tmp_path / "merged"), RunFolder(whole.folder / "whole")
    assert read_request(files.request) == read_request(expected.request)
    assert len(files.recording(result.episodes[-1])) == 4
    rows = [(run.path / "decisions-agent.jsonl").read_text() for run in (files, expected)]
    assert sorted(rows[0].splitlines()) == sorted(rows[1].splitlines())


def test_what_is_no_shard_is_refused(whole: Whole) -> None:
    for text in ("2", "0/2", "3/2", "1/0", "a/b"):
        with pytest.raises(ConfigurationError, match="needs the form I/N"):
            parse_shard(text)
    options = {key: OPTIONS[key] for key in ("environment", "scenarios", "untrained", "baselines")}
    request, contestants = make_request(whole.agent, shard="1/3", **options)
    with pytest.raises(ConfigurationError, match="2 scenarios cannot fill 3 shards"):
        request.plan(contestants)


def run_elsewhere(folder: Path) -> Callable[..., None]:
    """Run tasks as another machine does: with all that they need in other places."""

    def run(
        tasks: Sequence[Task[Any]],
        jobs: RayJobs,
        on_done: Callable[[int, Any], None],
        folders: Sequence[Folder] = (),
    ) -> None:
        assert jobs == RayJobs()
        for number, task in enumerate(tasks):
            with pytest.MonkeyPatch.context() as patch:
                sent = pickle.dumps(task)
                patch.setenv("POWRL_CACHE", str(folder / f"machine-{number % 2}"))
                places = {
                    part.path: unpacked(part.path.name, part.digest(), part.packed())
                    for part in folders
                }
                result = pickle.dumps(_relocated(pickle.loads(sent), places)())  # noqa: S301
            on_done(number, pickle.loads(result))  # noqa: S301

    return run


def test_episodes_travel_as_data(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_play, "run", run_elsewhere(tmp_path))
    monkeypatch.setenv("POWRL_CACHE", str(tmp_path / "own"))
    options = {**OPTIONS, "jobs": RayJobs(), "seeds": 1}
    references: list[None] = []
    result = score(
        {"agent": whole.agent, "opener": OPENER},
        output=tmp_path / "run",
        on_reference=lambda: references.append(None),
        **options,
    )
    expected = {
        (episode.scenario, episode.seed): (episode.score, episode.steps, episode.costs)
        for episode in whole.result.episodes
    }
    played = [episode for episode in result.episodes if episode.agent == "agent"]
    assert [(e.score, e.steps, e.costs) for e in played] == [
        expected[e.scenario, e.seed] for e in played
    ]
    assert len(references) == 2
    files = RunFolder(tmp_path / "run")
    assert all(len(files.recording(episode)) == episode.steps for episode in result.episodes)
    assert len((files.path / "decisions-agent.jsonl").read_text().splitlines()) == 8
    assert not any(episode.failure for episode in result.episodes)
    # the second time the references are there
    shutil.rmtree(tmp_path / "machine-0")
    again = score(whole.agent, output=tmp_path / "again", **options)
    assert [e.score for e in again.episodes] == [e.score for e in played]
