"""References that the fast engine steps are grid2op's, to the last bit."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from grid2op.Agent import DoNothingAgent, RecoPowerlineAgent, TopologyGreedy
from grid2op.Reward import L2RPNReward
from grid2op.utils import EpisodeStatistics

from powrl.editions.editions import EDITIONS
from powrl.engines.fast.episode import FastEpisode
from powrl.environments.backend import backend_of_read_grids
from powrl.environments.opening import Scenarios
from powrl.player.errors import PowrlError
from powrl.scoring import stepped_references
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.own import Baseline
from powrl.scoring.official import compute_references, copy_environment
from powrl.scoring.planning import plan_contest
from powrl.scoring.play import play_contest
from tests.oracle.score_references import as_array, by_grid2op, differing, references
from tests.short_scenarios import BUNDLED, with_rows

NOTHING, RECONNECTING = "_statistics_l2rpn_dn", "_statistics_l2rpn_no_overflow_reco"
NEURIPS = "l2rpn_neurips_2020_track1"
AUGUST, FEBRUARY = "Scenario_august_dummy", "Scenario_february_dummy"


def planned(
    parent: Path,
    environment: str,
    scenario: str,
    rows: range,
    max_steps: int | None = None,
    seed: int = 1,
) -> Contest:
    """A contest on these rows of a bundled scenario; `environment` may name a mix, too."""
    folder = with_rows(BUNDLED / environment, parent / "short", [scenario], rows)
    scenarios = Scenarios(environment.partition("/")[0], folder)
    return plan_contest(scenarios, (), (seed,), max_steps)


def by_hand(contest: Contest, tmp_path: Path) -> dict[str, Any]:
    """grid2op's references of the first episode."""
    copy = copy_environment(contest, contest.episodes[0], tmp_path / "copy")
    by_grid2op(contest, contest.episodes[0], copy, backend_of_read_grids())
    content = references(copy)
    shutil.rmtree(tmp_path / "copy")  # the place is one of the facts
    return content


def by_powrl(contest: Contest, tmp_path: Path) -> tuple[dict[str, Any], set[str]]:
    """Our own of the same, and what of it was left to grid2op."""
    copy = copy_environment(contest, contest.episodes[0], tmp_path / "copy")
    refusals = compute_references(contest, contest.episodes[0], copy)
    content = references(copy)
    shutil.rmtree(tmp_path / "copy")
    return content, refusals


@pytest.mark.parametrize(
    ("environment", "scenario", "rows", "max_steps", "seed"),
    [
        ("l2rpn_wcci_2020", "Scenario_april_000", range(48), 24, 1),
        (NEURIPS, FEBRUARY, range(160), None, 3),
        ("l2rpn_neurips_2020_track2/x2.5", "001", range(48), 24, 1),
        ("l2rpn_wcci_2022_dev", "2050-02-14_0", range(48), 24, 1),
        ("rte_case14_realistic", "000", range(150), None, 1),
    ],
)
def test_they_are_equal_for_every_edition(
    environment: str,
    scenario: str,
    rows: range,
    max_steps: int | None,
    seed: int,
    tmp_path: Path,
) -> None:
    contest = planned(tmp_path, environment, scenario, rows, max_steps, seed)
    expected = by_hand(contest, tmp_path)
    content, refusals = by_powrl(contest, tmp_path)
    assert not refusals
    assert not differing(content, expected)
    assert {name.split("/")[0] for name in content} == {NOTHING, RECONNECTING}
    if environment == NEURIPS:
        loads, costs = (
            {agent: as_array(content[f"{agent}/{file}"]) for agent in (NOTHING, RECONNECTING)}
            for file in ("obs_load_p.npz", "scores.npz")
        )
        assert len(loads[NOTHING]) < len(loads[RECONNECTING]) == len(rows)
        assert not loads[NOTHING][-1].any()
        assert costs[NOTHING][-1] == 1  # of a game over


def test_a_line_is_chosen_as_the_reconnecting_agent_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maintenance of two lines ends at the same step, so that it simulates."""
    contest = planned(tmp_path, NEURIPS, AUGUST, range(670, 800))
    expected = by_hand(contest, tmp_path)
    foreseen, foresee = [], FastEpisode.generation_after

    def noted(episode: FastEpisode, action: Any) -> Any:
        foreseen.append((episode.steps, int(action.set_line_status.argmax())))
        return foresee(episode, action)

    with monkeypatch.context() as patch:
        patch.setattr(FastEpisode, "generation_after", noted)
        content, refusals = by_powrl(contest, tmp_path)
    assert not refusals
    assert not differing(content, expected)
    assert len({line for _, line in foreseen}) == 2
    assert len({step for step, _ in foreseen}) == 1

    def unknown(*_: Any) -> Any:
        raise PowrlError("nobody knows.")

    monkeypatch.setattr(FastEpisode, "generation_after", unknown)
    content, refusals = by_powrl(contest, tmp_path)
    assert not differing(content, expected)
    assert refusals == {
        f"at step {foreseen[0][0]} the reconnecting agent simulates which of 2 lines to reconnect, "
        "but nobody knows."
    }


def test_warm_starts_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """These rows are among the few in which their last digits reach a reference."""
    exact = stepped_references.exact_episode

    def warm(environment: Any, first: Any) -> FastEpisode:
        episode = exact(environment, first)
        episode._warm = True
        return episode

    contest = planned(tmp_path, NEURIPS, FEBRUARY, range(340, 380))
    expected = by_hand(contest, tmp_path)
    content, _ = by_powrl(contest, tmp_path)
    assert not differing(content, expected)
    monkeypatch.setattr(stepped_references, "exact_episode", warm)
    content, _ = by_powrl(contest, tmp_path)
    assert differing(content, expected)


def test_grid2op_plays_what_the_fast_engine_refuses_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="powrl")
    contest = planned(tmp_path, "rte_case14_opponent", "000", range(24), 20)
    content, refusals = by_powrl(contest, tmp_path)
    assert not differing(content, by_hand(contest, tmp_path))
    assert len(refusals) == 1
    shutil.copytree(contest.folder / "chronics" / "000", contest.folder / "chronics" / "001")
    contest = plan_contest(
        Scenarios("rte_case14_opponent", contest.folder), (Baseline("DoNothing"),), (0,), 20
    )
    scores = play_contest(contest, 1, lambda: None, lambda _: None)
    assert [episode.steps for episode in scores] == [20, 20]
    messages = [
        message for message in caplog.messages if "grid2op plays references itself" in message
    ]
    assert len(messages) == 1
    assert "the opponent of this environment (RandomLineOpponent" in messages[0]


@pytest.mark.parametrize(
    ("edition", "scenario"),
    [("icaps2021", "Scenario_april_17_wk1"), ("idf2023", "2035-01-15_0")],
)
def test_scores_of_several_parts_are_left_to_grid2op(
    edition: str, scenario: str, tmp_path: Path
) -> None:
    contest = planned(tmp_path, EDITIONS[edition].bundled, scenario, range(10), 5)
    _, refusals = by_powrl(contest, tmp_path)
    assert refusals == {"the score has other parts than the operation cost."}


def test_only_known_agents_are_stepped(neurips: Any) -> None:
    assert stepped_references._policy_of(None)(neurips, None) is None
    assert (
        stepped_references._policy_of(DoNothingAgent(neurips.action_space))(neurips, None) is None
    )
    reconnecting = RecoPowerlineAgent(neurips.action_space)
    assert stepped_references._policy_of(reconnecting) is stepped_references._reconnection
    with pytest.raises(PowrlError, match="TopologyGreedy is only known to grid2op"):
        stepped_references._policy_of(TopologyGreedy(neurips.action_space))


def test_only_a_known_reward_is_foreseen(neurips: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurips, "get_reward_instance", L2RPNReward)
    with pytest.raises(PowrlError, match="L2RPNReward is only known to grid2op"):
        stepped_references._foreseen_reward(neurips, None, None)


def test_grid2op_is_as_it_was_afterwards() -> None:
    before = EpisodeStatistics.compute
    with pytest.raises(RuntimeError), stepped_references.stepped_references():
        raise RuntimeError
    assert EpisodeStatistics.compute is before
