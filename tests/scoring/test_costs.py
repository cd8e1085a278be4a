"""The costs of an episode, its score and the points that it loses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from powrl.editions.editions import EDITIONS, CostUnits
from powrl.scoring.costs import EpisodeCosts, LostPoints, OperationCosts
from powrl.scoring.results import EpisodeScore, summarize

NOW, THEN = CostUnits.NOW, CostUnits.YEAR_2020


def costs(
    agent: float, blackout: float = 0.0, meanwhile: float = 20.0, idle: float = 5.0
) -> EpisodeCosts:
    """The reference costs 20, doing nothing 100, and a blackout from the start 400."""
    now = OperationCosts(agent, idle, 20.0, meanwhile)
    then = OperationCosts(2 * agent, 2 * idle, 40.0, 2 * meanwhile)
    return EpisodeCosts({"now": now, "2020": then}, blackout, 95.0, 400.0, storage=False)


def episode(scenario: str, steps: int, *values: float) -> EpisodeScore:
    cost = costs(*values)
    score = cost.score(NOW)
    return EpisodeScore("mine", scenario, 0, score, steps, 100, 0.001, 0.1, costs=cost)


def test_the_score_is_interpolated_between_the_references() -> None:
    scores = [costs(agent).score(NOW) for agent in (0.0, 10.0, 20.0, 60.0, 100.0, 400.0)]
    assert scores == pytest.approx([100, 90, 80, 40, 0, -100])


def test_a_completed_episode_loses_points_to_cost_alone() -> None:
    assert costs(60.0).lost(NOW) == LostPoints(blackout=0.0, operation=40.0)
    assert costs(10.0).lost(NOW) == LostPoints(blackout=0.0, operation=-10.0)


def test_a_blackout_and_the_cost_until_then_add_up_to_what_is_lost() -> None:
    early = costs(30.0, 40.0, 10.0)
    assert early.score(NOW) == pytest.approx(30)
    lost = early.lost(NOW)
    assert (lost.blackout, lost.operation) == pytest.approx((30, 20))
    then = early.lost(THEN)
    assert then.blackout + then.operation == pytest.approx(80 - early.score(THEN))


def test_without_a_better_reference_nothing_is_lost_to_it() -> None:
    level = replace(costs(20.0, idle=20.0), idle_blackout=0.0)
    assert level.score(NOW) == 0
    assert level.lost(NOW) == LostPoints(blackout=0.0, operation=0.0)


def test_a_summary_tells_the_points_in_each_unit() -> None:
    episodes = [episode("a", 100, 60.0), episode("b", 50, 30.0, 40.0, 10.0)]
    summary = summarize(episodes, (NOW, THEN))
    assert list(summary.units) == ["now", "2020"]
    now = summary.units["now"]
    assert now.score == summary.score == pytest.approx(35)
    assert (now.lost_to_blackouts, now.lost_to_operation) == pytest.approx((15, 30))
    assert summary.cost_ratio == pytest.approx(3)
    assert summary.score_over_scenarios == pytest.approx(50**0.5)
    assert summary.score_spread is None
    without = summarize([replace(episodes[0], costs=None), episodes[1]], (NOW,))
    assert (without.units, without.cost_ratio) == ({}, None)


def test_only_a_score_of_one_part_has_other_units() -> None:
    score = episode("a", 100, 60.0)
    assert score.in_units(THEN).score == score.costs.score(THEN) != score.score
    assert score.in_units(THEN).in_units(NOW) == score
    alarms = replace(score, parts={"operation": 1.0, "alarms": 2.0})
    assert alarms.in_units(THEN) == alarms
    assert EDITIONS["neurips2020"].of_2020
    assert not EDITIONS["wcci2022"].of_2020
