"""Scoring as a function, and the run folder that it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from powrl.errors import PowrlError
from powrl.scoring.isolation.order import Limits
from powrl.scoring.request import Request
from powrl.scoring.results import EpisodeScore
from powrl.scoring.run import call_text, make_request, resume, score
from powrl.scoring.run_folder import RunFolder
from powrl.scoring.scoring_run import ScoringRun
from tests.agents import make_agent_folder
from tests.scoring.recordings import a_recording

CASE14 = "rte_case14_realistic"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_agent_folder(tmp_path_factory.mktemp("agents") / "mine", CASE14))


def test_agents_are_scored_and_the_folder_is_read(agent: str, tmp_path: Path) -> None:
    scores: list[EpisodeScore] = []
    begun: list[ScoringRun] = []
    result = score(
        {"one": agent, "other": f"{agent}[plan=false]"},
        scenarios="001",
        seeds={"001": [7]},
        max_steps=3,
        jobs=1,
        output=tmp_path / "run",
        untrained=False,
        on_start=begun.append,
        on_score=scores.append,
    )
    names = ["one", "other", "DoNothing", "RecoPowerline"]
    assert [summary.agent for summary in result.summaries] == names
    assert result.summary("other").survival == 100
    assert sorted(scores, key=lambda episode: names.index(episode.agent)) == result.episodes
    assert result.contest.episode_seed(0, "001") == 7
    files = RunFolder(tmp_path / "run")
    assert files.is_finished
    assert files.episodes() == scores
    assert len(files.recording(scores[0])) == 3
    assert files.document()["agents"][0]["agent"] == "one"
    assert files.document()["command"].startswith("powrl.score(['/")
    assert begun[0].remaining == {}
    with pytest.raises(PowrlError, match="is finished"):
        resume(tmp_path / "run")


def test_names_are_kept_by_a_run_that_goes_on(agent: str, tmp_path: Path) -> None:
    request, contestants = make_request({"one": agent}, scenarios="001", seeds=1, max_steps=2)
    with ScoringRun.create(request, contestants, tmp_path / "run") as run:
        assert len(run.remaining) == 1
    result = resume(tmp_path / "run", jobs=1)
    assert result.summaries[0].agent == "one"


def test_two_processes_do_not_write_one_run(agent: str, tmp_path: Path) -> None:
    request, contestants = make_request(agent, scenarios="001", seeds=1, max_steps=2)
    with (
        ScoringRun.create(request, contestants, tmp_path / "run"),
        pytest.raises(PowrlError, match=r"another process writes into .*run; wait for its end"),
        ScoringRun.resume(tmp_path / "run"),
    ):
        pass
    with ScoringRun.resume(tmp_path / "run") as run:
        assert run.request == request


def test_scores_of_an_older_powrl_are_read_and_the_last_counts(tmp_path: Path) -> None:
    files = RunFolder(tmp_path)
    old = (
        '{"agent": "a", "scenario": "x/w", "seed": 1, "score": 0.5, "steps": 5, "max_steps": 9,'
        ' "seconds_per_decision": 0.1, "slowest_decision": 0.2, "parts": {}}\n'
    )
    (tmp_path / "episodes.jsonl").write_text(old, encoding="utf-8")
    with pytest.raises(PowrlError, match=r"line 1: it was edited, or powrl 0\.1 wrote it"):
        files.episodes()
    (score,) = files.episodes(older=True)
    assert (score.failed_decisions, score.cut_decisions) == (0, 0)
    files.add(replace(score, cut_decisions=2))
    assert [episode.cut_decisions for episode in files.episodes(older=True)] == [2]
    with pytest.raises(PowrlError, match="recording"):
        files.recording(score)
    a_recording(5).save(files.recording_path(score))
    assert files.recording_path(score) == tmp_path / "episodes" / "a" / "x%2Fw-1.npz"
    assert len(files.recording(score)) == 5


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    files = RunFolder(tmp_path)
    with pytest.raises(PowrlError, match=r"not the folder of a finished scoring; .*--resume"):
        files.document()
    files.scores.write_text("[", encoding="utf-8")
    with pytest.raises(PowrlError, match="cannot be read"):
        files.document()


def test_what_cannot_be_asked_for_is_refused(tmp_path: Path, agent: str) -> None:
    with pytest.raises(PowrlError, match="edition: icaps2020: unknown key, did you mean"):
        make_request(agent, edition="icaps2020")
    with pytest.raises(PowrlError, match=r"cost_units: 2021: unknown key, did you mean '2020'"):
        make_request(agent, cost_units="2021")
    with pytest.raises(PowrlError, match="either --seeds or --seeds-file"):
        make_request(agent, seeds=1, seeds_file=tmp_path / "seeds.json")
    with pytest.raises(PowrlError, match="no agent is shipped for 'nope'"):
        make_request(None, environment="nope")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"max_steps": 0}, "max_steps: 0 was given; it needs to be greater than or equal to 1"),
        ({"max_steps": -1}, "max_steps: -1 was given"),
        ({"max_steps": 1.5}, r"max_steps: 1\.5 was given; it needs to be a valid integer"),
        ({"seeds": 1.5}, "give a number of seeds from 1 to 10,000"),
        ({"seeds": "3"}, "give a number of seeds"),
        ({"seeds": {"000": [1], "001": [1, 2]}}, "the seeds that were given need a mapping"),
        ({"seeds": {"000": [-1]}}, "the seeds that were given need a mapping"),
        ({"scenarios": ["000"]}, r"scenarios: \['000'\] was given; it needs to be a valid string"),
        ({"environment": 7}, "environment: 7 was given"),
        ({"shard": (1, 2)}, r"shard: \(1, 2\) was given"),
        ({"limits": Limits(decision=float("nan"))}, "decision_timeout: nan was given"),
        ({"limits": Limits(decision=0.0)}, "decision_timeout: 0.0 was given"),
        ({"limits": Limits(episode=-1.0)}, "episode_timeout: -1.0 was given"),
    ],
)
def test_impossible_values_are_refused(agent: str, value: Any, message: str) -> None:
    with pytest.raises(PowrlError, match=message):
        make_request(agent, **value)


@pytest.mark.parametrize("agents", [5, b"agent", [5], {"name": 5}, {5: "agent"}])
def test_agents_are_texts(agents: Any) -> None:
    with pytest.raises(PowrlError, match="give each agent as text"):
        make_request(agents)


def test_numbers_of_numpy_are_taken_as_python_has_them(agent: str) -> None:
    request, _ = make_request(agent, limits=Limits(np.int64(3), np.float64(5)))
    assert (type(request.decision_timeout), type(request.episode_timeout)) == (float, float)


@pytest.mark.parametrize("command", [5, b"powrl", ["powrl"]])
def test_a_command_is_a_text(agent: str, tmp_path: Path, command: Any) -> None:
    output = tmp_path / "run"
    with pytest.raises(PowrlError, match=r"command: .* was given; it needs to be a text, or None"):
        score(agent, command=command, output=output, scenarios="none")
    assert not output.exists()


@pytest.mark.parametrize("jobs", [0, -1, 1.5, "2"])
def test_a_number_of_processes_that_is_none_is_refused(agent: str, jobs: Any) -> None:
    with pytest.raises(PowrlError, match="give --jobs from 1 to 1000"):
        score(agent, jobs=jobs, scenarios="none")


def test_the_report_names_the_call() -> None:
    assert call_text(Request(["a"], seeds=2)) == "powrl.score(['a'], seeds=2)"
