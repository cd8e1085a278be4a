"""What training adds: agents beside themselves without their policies."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from powrl.player.agent_folder import AGENT_FILE
from powrl.scoring.contestants.parsing import parse_contestants, split_name
from powrl.scoring.contestants.untrained import policy_pairs, with_untrained
from powrl.scoring.contestants.variants import source_with_policy
from powrl.scoring.run import make_request
from powrl.scoring.scoring_result import ScoringResult
from powrl.scoring.terminal_table import terminal_tables
from tests.agents import make_agent_folder
from tests.scoring.test_picture_and_report import a_contest, its_episodes

CASE14 = "rte_case14_realistic"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_agent_folder(tmp_path_factory.mktemp("agents") / "mine", CASE14)


def test_an_agent_with_a_policy_plays_without_it_too(agent: Path) -> None:
    contestants = with_untrained(parse_contestants([str(agent)], {"plan": True}), [3])
    names = [contestant.name for contestant in contestants]
    variant = "mine[plan=true]-simulating-3"
    assert names[:4] == [
        *("mine[plan=true]", "mine[plan=true,policy=false]"),
        *(variant, f"{variant}[policy=false]"),
    ]
    assert names[4:] == ["DoNothing", "RecoPowerline"]
    assert contestants[3].source == (
        f"{agent}[plan=false,safe_rho=0.9,counted_from=0.9,candidates=3,policy=false]"
    )
    assert policy_pairs(contestants) == [(names[0], names[1]), (names[2], names[3])]
    assert with_untrained(contestants)[:2] == contestants[:2]


def test_only_agents_with_a_policy_do(agent: Path, tmp_path: Path) -> None:
    plain = make_agent_folder(tmp_path / "plain", CASE14)
    settings = json.loads((plain / AGENT_FILE).read_text(encoding="utf-8"))
    (plain / AGENT_FILE).write_text(json.dumps({**settings, "observation": []}), encoding="utf-8")
    texts = [str(plain), f"{agent}[policy=false]", "tests.scoring.foreign:make_agent"]
    contestants = parse_contestants(texts)
    assert with_untrained(contestants) == list(contestants)


def test_a_request_names_all_that_play(agent: Path) -> None:
    request, contestants = make_request([f"best={agent}[plan=false]"], baselines=False)
    assert request.names == ["best", "best[policy=false]"]
    assert [contestant.name for contestant in contestants] == request.names
    assert request.contestants() == contestants
    request, _ = make_request(str(agent), untrained=False)
    assert request.names == ["mine"]


def test_a_name_stands_before_an_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b").mkdir()
    assert split_name("a=b") == (None, "a=b")
    assert split_name("a=c") == ("a", "c")
    assert split_name("one=module:make_agent") == ("one", "module:make_agent")
    assert split_name("x/y[plan=false]") == (None, "x/y[plan=false]")
    (contestant, *_) = parse_contestants(["tests.scoring.foreign:make_agent"], names=["one"])
    assert (contestant.name, contestant.source) == ("one", "tests.scoring.foreign:make_agent")


def test_a_source_tells_whether_it_leaves_out_a_policy() -> None:
    assert source_with_policy("x[policy=false,plan=false]") == "x[plan=false]"
    assert source_with_policy("x[a=[b,c],policy=false]") == "x[a=[b,c]]"
    assert source_with_policy("policy=false]") is None
    assert source_with_policy("x[plan=false]") is None


def test_one_sentence_says_what_training_adds(agent: Path) -> None:
    contestants = with_untrained(parse_contestants([str(agent)], baselines=False))
    contest = replace(a_contest(), contestants=tuple(contestants), seeds=(0,))
    result = ScoringResult.from_episodes(contest, its_episodes(contest), "d", {}, "c")
    assert result.notes == [
        "Training adds +0.0 points: mine minus mine[policy=false], paired over 2 scenarios, "
        "too few for an interval."
    ]
    titles = [str(table.title) for table in terminal_tables(result)]
    assert titles[0].endswith("1 seed, mean ± spread over scenarios")
    assert titles[1].startswith("Differences, paired by scenario and seed (intervals from 10")


def test_seeds_that_change_nothing_are_told() -> None:
    result = ScoringResult.from_episodes(a_contest(), its_episodes(a_contest()), "d", {}, "c")
    assert result.spread_over == "scenarios"
    assert result.notes[-1].startswith("All 2 seeds gave the same episodes")
