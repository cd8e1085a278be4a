from __future__ import annotations

import json
import shutil
from pathlib import Path

import grid2op
import pytest

from powrl.editions.editions import EDITIONS
from powrl.environments.opening import Scenarios
from powrl.player.errors import PowrlError
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.own import AgentFolder, Baseline
from powrl.scoring.contestants.parsing import parse_contestants
from powrl.scoring.planning import plan_contest
from powrl.scoring.request import Request
from powrl.scoring.seeds_file import read_seeds
from tests.agents import make_agent_folder

CASE14 = "rte_case14_realistic"
NEURIPS = "l2rpn_neurips_2020_track1"
BUNDLED_DATA = Path(grid2op.__file__).parent / "data"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_agent_folder(tmp_path_factory.mktemp("one") / "agent", CASE14)


def plan(scenarios: Scenarios, *agents: Path) -> Contest:
    return plan_contest(scenarios, parse_contestants([*map(str, agents)]), range(2))


def test_contestants_are_the_agents_and_the_baselines(agent: Path) -> None:
    contest = plan(Scenarios(CASE14), agent)
    assert contest.contestants == (
        AgentFolder("agent", agent),
        Baseline("DoNothing"),
        Baseline("RecoPowerline"),
    )
    assert (contest.environment, contest.seeds) == (CASE14, (0, 1))
    assert contest.folder.name == CASE14


def test_agents_of_one_folder_name_are_told_apart(agent: Path) -> None:
    other = shutil.copytree(agent, agent.parent.parent / "other" / "agent", dirs_exist_ok=True)
    like_baseline = shutil.copytree(agent, agent.parent / "DoNothing", dirs_exist_ok=True)
    contest = plan(Scenarios(CASE14), agent, other, like_baseline)
    assert [contestant.name for contestant in contest.contestants[:3]] == [
        f"{agent.parent.name}/agent",
        "other/agent",
        f"{agent.parent.name}/DoNothing",
    ]


def test_an_agent_is_given_once(agent: Path) -> None:
    with pytest.raises(PowrlError, match="given 2 times"):
        plan(Scenarios(CASE14), agent, agent / ".." / "agent")


def test_seeds_differ_between_scenarios_and_do_not_depend_on_the_selection(agent: Path) -> None:
    everything = plan(Scenarios(CASE14), agent)
    second = plan(Scenarios(CASE14, names="001"), agent)
    assert everything.scenarios == {"000": 0, "001": 1}
    assert second.scenarios == {"001": 1}
    assert everything.episode_seed(3, "000") == 3000
    assert everything.episode_seed(3, "001") == second.episode_seed(3, "001") == 3001


def test_an_agent_of_another_grid_is_refused(agent: Path) -> None:
    with pytest.raises(PowrlError, match="substation"):
        plan(Scenarios(NEURIPS), agent)


def test_a_scenario_that_grid2op_cannot_score_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(BUNDLED_DATA / CASE14, tmp_path / CASE14)
    (folder / "chronics" / "000").rename(folder / "chronics" / "april one")
    with pytest.raises(PowrlError, match="'april one': rename"):
        plan(Scenarios("", folder))
    assert plan(Scenarios("", folder, names="001")).scenarios == {"001": 0}


@pytest.mark.parametrize("seeds", [{"000": 7, "001": 9}, {"000": [7], "001": [9]}])
def test_the_seeds_of_a_competition_are_taken_as_they_are(
    agent: Path, tmp_path: Path, seeds: dict[str, object]
) -> None:
    (tmp_path / "seeds.json").write_text(json.dumps(seeds), encoding="utf-8")
    seeds = read_seeds(tmp_path / "seeds.json")
    contest = plan_contest(Scenarios(CASE14), parse_contestants([str(agent)]), seeds)
    assert contest.seeds == (0,)
    assert [contest.episode_seed(0, name) for name in ("000", "001")] == [7, 9]


def test_each_scenario_needs_its_seed(agent: Path) -> None:
    with pytest.raises(PowrlError, match="the scenario 001 has no seed"):
        plan_contest(Scenarios(CASE14), parse_contestants([str(agent)]), {"000": [7]})


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "{}"]
    + [f'{{"a": {seed}}}' for seed in ("-1", "true", "1.5", "[]", "99999999999", '"x"')]
    + ['{"a": [1], "b": [1, 2]}'],
)
def test_impossible_seeds_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "seeds.json").write_text(content, encoding="utf-8")
    with pytest.raises(PowrlError, match=r"seeds\.json"):
        read_seeds(tmp_path / "seeds.json")


def test_an_edition_of_another_environment_is_refused() -> None:
    with pytest.raises(PowrlError, match="WCCI 2020 was not played on l2rpn_neurips_2020_track1"):
        plan_contest(Scenarios(NEURIPS), (), (0,), 3, EDITIONS["wcci2020"])


def test_a_folder_of_mixes_without_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".multimix").touch()
    with pytest.raises(PowrlError, match="has no mix"):
        plan(Scenarios("", tmp_path))


def test_the_edition_does_not_depend_on_how_the_folder_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(BUNDLED_DATA / "l2rpn_icaps_2021")
    request = Request([], ".", scenarios="Scenario_april.*", seeds=1, max_steps=4)
    assert request.plan(parse_contestants([])).edition.name == "icaps2021"
