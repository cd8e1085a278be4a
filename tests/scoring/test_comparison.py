"""Runs that are compared, scored again and continued give the numbers of a fresh run."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from powrl.editions.editions import CostUnits
from powrl.errors import ConfigurationError, PowrlError
from powrl.scoring import picture, report
from powrl.scoring.baseline_cache import BaselineCache
from powrl.scoring.comparison import compare
from powrl.scoring.fingerprint import read_request, write_request
from powrl.scoring.finished_run import FinishedRun
from powrl.scoring.recording import Recording
from powrl.scoring.replay.episodes import episodes_of
from powrl.scoring.rescoring import rescore
from powrl.scoring.results import EpisodeScore
from powrl.scoring.run import resume, score
from powrl.scoring.run_folder import RunFolder
from powrl.scoring.scoring_result import ScoringResult
from tests.agents import make_agent_folder
from tests.scoring.numbers import numbers, numbers_of

CASE14 = "rte_case14_realistic"
OPENER = "tests.scoring.foreign:make_agent"
OPTIONS: dict[str, Any] = {
    **{"environment": CASE14, "scenarios": "00[01]", "max_steps": 12},
    **{"jobs": 1, "untrained": False},
}


@dataclass(frozen=True)
class Played:
    """Two runs of an agent each, and a fresh one of both in units of 2020."""

    folder: Path
    fresh: ScoringResult

    @property
    def paths(self) -> list[Path]:
        return [self.folder / "one", self.folder / "two"]


@pytest.fixture(scope="module", autouse=True)
def _no_pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture, "survival_picture", lambda *_: b"a picture")
        patch.setattr(report, "timeline_picture", lambda *_: b"a picture")
        yield


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("runs")
    agent = str(make_agent_folder(folder / "agent", CASE14))
    agents = {"one": agent, "two": OPENER}
    for name, text in agents.items():
        score({name: text}, seeds=1, output=folder / name, **OPTIONS)
    units = CostUnits.YEAR_2020
    fresh = score(agents, seeds=1, cost_units=units, output=folder / "fresh", **OPTIONS)
    return Played(folder, fresh)


def test_the_recordings_of_agents_are_read_once(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, read = Counter[str](), RunFolder.recording

    def counted(files: RunFolder, score: EpisodeScore) -> Recording:
        reads[f"{score.agent} {score.scenario}"] += 1
        return read(files, score)

    monkeypatch.setattr(RunFolder, "recording", counted)
    compare(played.paths, output=tmp_path / "compared")
    once = {name for name, number in reads.items() if number == 1}
    assert once == {
        f"{agent} {scenario}" for agent in ("one", "two") for scenario in ("000", "001")
    }


def test_compared_runs_have_the_numbers_of_a_fresh_one(played: Played, tmp_path: Path) -> None:
    units = CostUnits.YEAR_2020
    result = compare(played.paths, cost_units=units, output=tmp_path / "compared")
    assert numbers(result) == numbers(played.fresh)
    assert len({summary.score for summary in result.summaries}) > 1
    files = RunFolder(tmp_path / "compared")
    assert files.is_finished
    assert read_request(files.request) == read_request(played.folder / "fresh" / "contest.json")
    assert len(files.recording(result.episodes[0])) == 12
    assert "two" in files.report.read_text(encoding="utf-8")


def test_a_run_scored_again_has_the_numbers_of_a_fresh_one(played: Played, tmp_path: Path) -> None:
    now = rescore(played.folder / "fresh", output=tmp_path / "now")
    assert numbers(now) == numbers(compare(played.paths, output=tmp_path / "compared"))
    assert numbers(now)["agents"] != numbers(played.fresh)["agents"]
    units = CostUnits.YEAR_2020
    again = rescore(tmp_path / "now", cost_units=units, output=tmp_path / "again")
    assert numbers(again) == numbers(played.fresh)
    edition = rescore(played.folder / "fresh", edition="wcci2022", output=tmp_path / "edition")
    assert edition.summary("one").score == now.summary("one").score
    assert read_request(tmp_path / "edition" / "contest.json")[0].edition == "wcci2022"
    with pytest.raises(PowrlError, match=r"scores operation, alarms, and .*fresh has costs alone"):
        rescore(played.folder / "fresh", edition="icaps2021")


def test_an_agent_is_added_to_a_finished_run(played: Played, tmp_path: Path) -> None:
    run = shutil.copytree(played.folder / "one", tmp_path / "run")
    scored: list[str] = []
    resume(
        run,
        f"two={OPENER}",
        jobs=1,
        untrained=False,
        on_score=lambda episode: scored.append(episode.agent),
    )
    assert scored == ["two", "two"]
    result = rescore(run, cost_units=CostUnits.YEAR_2020, output=tmp_path / "2020")
    assert numbers(result) == numbers(played.fresh)
    with pytest.raises(PowrlError, match="is given 2 times"):
        resume(run, OPENER, jobs=1)
    assert RunFolder(run).is_finished


def test_a_recording_that_is_missing_or_damaged_is_played_again(
    played: Played, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = RunFolder(shutil.copytree(played.folder / "one", tmp_path / "run"))
    before, score = files.scores.read_text("utf-8"), files.episodes()[0]
    path = files.recording_path(score)
    content = path.read_bytes()
    path.write_bytes(content[:100])
    with pytest.raises(PowrlError, match=f"{path} .*; remove it, and play .* --resume"):
        compare([files.path, played.paths[1]], output=tmp_path / "compared")
    path.unlink()
    with pytest.raises(PowrlError, match=f"{path}"):
        rescore(files.path, output=tmp_path / "compared")
    assert not (tmp_path / "compared").exists()
    agents = {score.agent for episode in episodes_of(files) for score in episode.scores}
    assert agents == {"one", "DoNothing", "RecoPowerline"}
    assert "no recording of 1 of 6 episodes, which are not shown" in caplog.text
    resume(files.path, jobs=1)
    assert len(files.recording(score)) == 12
    assert json.loads(before)["scenarios"] == files.document()["scenarios"]
    assert not files.unrecorded(files.episodes())


def test_a_run_is_as_before_where_an_added_agent_fails(played: Played, tmp_path: Path) -> None:
    run = shutil.copytree(played.folder / "one", tmp_path / "run")
    before = {path: path.read_bytes() for path in run.iterdir() if path.is_file()}
    files = RunFolder(run)

    def add() -> None:
        with files.reopened({"one", "DoNothing", "RecoPowerline"}):
            assert not files.is_finished
            files.request.write_text("{}", encoding="utf-8")
            raise PowrlError("the agent fails.")

    with pytest.raises(PowrlError, match="the agent fails"):
        add()
    assert {path: path.read_bytes() for path in run.iterdir() if path.is_file()} == before


def test_baselines_are_played_once(played: Played) -> None:
    documents = [RunFolder(path).document() for path in played.paths]
    times = [[row["ms_per_decision"] for row in document["agents"]] for document in documents]
    assert times[0][0] != times[1][0]
    assert times[0][1:] == times[1][1:]


def test_a_changed_baseline_is_played_anew(
    played: Played, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    contest = played.fresh.contest
    cache = BaselineCache(contest, tmp_path / "recordings")
    episodes = {contest.episodes[0]: contest.contestants[-1:]}
    (score,) = cache.restore(episodes)
    assert (score.agent, score.seed) == ("RecoPowerline", 0)
    cache.keep(replace(score, steps=1))
    path = cache._path(contest.episodes[0], score.agent)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"steps": 1', b'"steps": 2'))
    assert cache.restore(episodes) == []
    assert "is damaged" in caplog.text
    cache.keep(score)
    assert cache.restore(episodes) == [score]


def test_runs_of_other_episodes_are_refused(played: Played, tmp_path: Path) -> None:
    one, two = played.paths
    with pytest.raises(ConfigurationError, match="two or more runs"):
        compare([one, one])
    command: Any = 5
    with pytest.raises(ConfigurationError, match="command: 5 was given; it needs to be a text"):
        compare([one, two], command=command, output=tmp_path / "compared")
    assert not (tmp_path / "compared").exists()
    with pytest.raises(PowrlError, match="is no run folder"):
        compare([one, tmp_path])
    other = shutil.copytree(two, tmp_path / "other")
    request, fingerprint = read_request(other / "contest.json")
    versions = {**fingerprint.versions, "grid2op": "1.0"}
    changes = {
        "of other versions .*--other-versions": replace(fingerprint, versions=versions),
        "files of the scenario 001": replace(
            fingerprint, files={**fingerprint.files, "001": "changed"}
        ),
        "have other seeds .*--common": replace(
            fingerprint, episode_seeds={**fingerprint.episode_seeds, "001": [7]}
        ),
    }
    for message, changed in changes.items():
        write_request(other / "contest.json", request, changed)
        with pytest.raises(PowrlError, match=message):
            compare([one, other])
    write_request(other / "contest.json", request, fingerprint)
    files = RunFolder(other)
    episodes = files.episodes()
    costs = [replace(score.costs, total_blackout=1.0) for score in episodes if score.costs]
    pairs = zip(episodes, costs, strict=True)
    files.write_episodes(replace(score, costs=cost) for score, cost in pairs)
    with pytest.raises(PowrlError, match=r"the references of .*one and .*other cost differently"):
        compare([one, other])
    files.write_episodes(replace(score, costs=None) for score in episodes)
    with pytest.raises(PowrlError, match=r"an older powrl wrote .*other, without costs"):
        compare([one, other])
    files.write_episodes(episodes)
    write_request(other / "contest.json", request, replace(fingerprint, versions=versions))
    allowed = compare([one, other], other_versions=True, output=tmp_path / "allowed")
    assert [summary.agent for summary in allowed.summaries][:2] == ["one", "two"]


def test_common_scenarios_are_compared(played: Played, tmp_path: Path) -> None:
    part = {**OPTIONS, "scenarios": "001"}
    score({"three": str(played.folder / "agent")}, seeds=1, output=tmp_path / "three", **part)
    runs = [played.folder / "one", tmp_path / "three"]
    with pytest.raises(PowrlError, match="have other scenarios"):
        compare(runs)
    result = compare(runs, common=True, output=tmp_path / "compared")
    assert list(result.contest.scenarios) == ["001"]
    assert result.differences[0].score == 0
    assert read_request(tmp_path / "compared" / "contest.json")[0].scenarios == "001"


def test_an_agent_that_has_changed_is_compared_with_itself(played: Played, tmp_path: Path) -> None:
    run = shutil.copytree(played.folder / "one", tmp_path / "later")
    request, fingerprint = read_request(run / "contest.json")
    (source,) = fingerprint.contents
    write_request(run / "contest.json", request, replace(fingerprint, contents={source: "changed"}))
    result = compare([played.folder / "one", run], output=tmp_path / "compared")
    names = ["one/one", "later/one", "DoNothing", "RecoPowerline"]
    assert [summary.agent for summary in result.summaries] == names
    rows = result.to_json()["agents"]
    assert [row["sha256"] for row in rows[:2]] == [fingerprint.contents[source], "changed"]
    same = shutil.copytree(played.folder / "one", tmp_path / "copy")
    result = compare([played.folder / "one", same], output=tmp_path / "same")
    assert [summary.agent for summary in result.summaries][0:2] == ["one", "DoNothing"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("agents", [None]),
        ("agents", [{"agent": []}]),
        ("agents", None),
        ("scenarios", [[]]),
        ("scenarios", "000"),
        ("seeds", [float("nan")]),
        ("seeds", [10**400]),
        ("score", {"edition": ["none"], "cost_units": "now"}),
        ("score", {"edition": "none", "cost_units": "then"}),
        ("environment", {}),
        ("scenarios", ["000"]),
        ("seeds", []),
        ("seeds", [0, 0]),
    ],
)
def test_edited_scores_are_refused(played: Played, tmp_path: Path, key: str, value: Any) -> None:
    files = RunFolder(shutil.copytree(played.paths[0], tmp_path / "run"))
    body = json.loads(files.scores.read_text("utf-8"))
    del body["seal"]  # which an older powrl did not write
    files.scores.write_text(json.dumps({**body, key: value}), "utf-8")
    with pytest.raises(PowrlError, match=r"scores\.json is damaged or was edited; remove it"):
        FinishedRun.read(files.path)
    if key == "agents":
        with pytest.raises(PowrlError, match=r"scores\.json is damaged or was edited; remove it"):
            episodes_of(files)


@pytest.mark.parametrize(
    ("old", "new"), [('"environment": "rte', '"environment": "other'), ('"none"', '"wcci2022"')]
)
def test_scores_whose_edits_are_possible_are_refused_too(
    played: Played, tmp_path: Path, old: str, new: str
) -> None:
    files = RunFolder(shutil.copytree(played.paths[0], tmp_path / "run"))
    before = files.scores.read_text("utf-8")
    files.scores.write_text(before.replace(old, new), "utf-8")
    for refuse in (FinishedRun.read, resume):
        with pytest.raises(PowrlError, match=r"was edited; remove it, .* --resume .*run\.$"):
            refuse(files.path)
    files.scores.unlink()
    resume(files.path, jobs=1)
    assert numbers_of(files) == numbers_of(RunFolder(played.paths[0]))


def test_a_score_that_is_missing_is_played_again(played: Played, tmp_path: Path) -> None:
    files = RunFolder(shutil.copytree(played.paths[0], tmp_path / "run"))
    files.write_episodes(files.episodes()[1:])
    with pytest.raises(PowrlError, match=r"lacks the episode of .* play it: powrl score --resume"):
        rescore(files.path, output=tmp_path / "rescored")
    resume(files.path, jobs=1)
    assert numbers_of(files) == numbers_of(RunFolder(played.paths[0]))


def test_agents_that_are_missing_or_doubled_are_noticed(played: Played, tmp_path: Path) -> None:
    files = RunFolder(shutil.copytree(played.paths[0], tmp_path / "run"))
    body = json.loads(files.scores.read_text("utf-8"))
    del body["seal"]
    rows = body["agents"]
    assert [row["agent"] for row in rows] == ["one", "DoNothing", "RecoPowerline"]
    others = [[*rows[:number], *rows[number + 1 :]] for number in range(3)]
    others += [[], *([row, *rows] for row in rows)]
    others += [[{**rows[0], "baseline": True}, *rows[1:]], [{**rows[0], "source": "x"}, *rows[1:]]]
    for agents in others:
        files.scores.write_text(json.dumps({**body, "agents": agents}), "utf-8")
        with pytest.raises(PowrlError, match=r"scores\.json is damaged or was edited; remove it"):
            compare([played.paths[1], files.path], common=True, output=tmp_path / "compared")
        assert not (tmp_path / "compared").exists()
