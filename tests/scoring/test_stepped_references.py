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
from powrl.environments.opening import BUNDLED, Scenarios
from powrl.player.errors import PowrlError
from powrl.scoring import stepped_references
from powrl.scoring.contest import Contest
from powrl.scoring.contestants.own import Baseline
from powrl.scoring.official import compute_references, copy_environment
from powrl.scoring.planning import plan_contest
from powrl.scoring.play import play_contest
from tests.oracle.score_references import as_array, by_grid2op, differing, references

NOTHING, RECONNECTING = "_statistics_l2rpn_dn", "_statistics_l2rpn_no_overflow_reco"
AUGUST, FEBRUARY = "Scenario_august_dummy", "Scenario_february_dummy"
NEURIPS = "l2rpn_neurips_2020_track1"


def planned(
    environment: str,
    names: str,
    max_steps: int | None = None,
    seed: int = 1,
) -> Contest:
    return plan_contest(Scenarios(environment, BUNDLED, names), (), (seed,), max_steps)


def by_hand(contest: Contest, tmp_path: Path) -> dict[str, Any]:
    """grid2op's references of the first episode."""
    copy = copy_environment(contest, contest.episodes[0], tmp_path / "copy")
    by_grid2op(contest, contest.episodes[0], copy)
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
    ("environment", "names", "max_steps"),
    [
        ("l2rpn_wcci_2020", ".*", 150),
        (NEURIPS, FEBRUARY, None),
        ("l2rpn_neurips_2020_track2", r"x2\.5/001", 150),
        ("l2rpn_wcci_2022_dev", ".*", 150),
        ("rte_case14_realistic", "000", 150),
    ],
)
def test_they_are_equal_for_every_edition(
    environment: str, names: str, max_steps: int | None, tmp_path: Path
) -> None:
    contest = planned(environment, names, max_steps)
    expected = by_hand(contest, tmp_path)
    content, refusals = by_powrl(contest, tmp_path)
    assert not refusals
    assert not differing(content, expected)
    assert {name.split("/")[0] for name in content} == {NOTHING, RECONNECTING}
    if max_steps is None:
        loads, costs = (
            {agent: as_array(content[f"{agent}/{file}"]) for agent in (NOTHING, RECONNECTING)}
            for file in ("obs_load_p.npz", "scores.npz")
        )
        assert len(loads[NOTHING]) < len(loads[RECONNECTING]) == 864 + 1
        assert not loads[NOTHING][-1].any()
        assert costs[NOTHING][-1] == 1  # of a game over


def test_a_line_is_chosen_as_the_reconnecting_agent_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maintenance of two lines ends at the same step, so that it simulates."""
    contest, foreseen = planned(NEURIPS, AUGUST), []
    foresee = FastEpisode.generation_after

    def noted(episode: FastEpisode, action: Any) -> Any:
        foreseen.append((episode.steps, int(action.set_line_status.argmax())))
        return foresee(episode, action)

    expected = by_hand(contest, tmp_path)
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
    exact = stepped_references.exact_episode

    def warm(environment: Any, first: Any) -> FastEpisode:
        episode = exact(environment, first)
        episode._warm = True
        return episode

    contest = planned(NEURIPS, AUGUST)
    expected, _ = by_powrl(contest, tmp_path)
    monkeypatch.setattr(stepped_references, "exact_episode", warm)
    content, _ = by_powrl(contest, tmp_path)
    assert differing(content, expected)


def test_grid2op_plays_what_the_fast_engine_refuses_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="powrl")
    contest = planned("rte_case14_opponent", "000", 20)
    content, refusals = by_powrl(contest, tmp_path)
    assert not differing(content, by_hand(contest, tmp_path))
    assert len(refusals) == 1
    contest = plan_contest(
        Scenarios("rte_case14_opponent", names="00[01]"), (Baseline("DoNothing"),), (0,), 20
    )
    scores = play_contest(contest, 1, lambda: None, lambda _: None)
    assert [episode.steps for episode in scores] == [20, 20]
    messages = [
        message for message in caplog.messages if "grid2op plays references itself" in message
    ]
    assert len(messages) == 1
    assert "the opponent of this environment (RandomLineOpponent" in messages[0]


@pytest.mark.parametrize("edition", ["icaps2021", "idf2023"])
def test_scores_of_several_parts_are_left_to_grid2op(edition: str, tmp_path: Path) -> None:
    environment = EDITIONS[edition].bundled
    _, refusals = by_powrl(planned(environment, ".*(april|01-15).*", 5), tmp_path)
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
