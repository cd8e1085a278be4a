from __future__ import annotations

import pytest

from powrl.scoring.results import EpisodeScore, compare, summarize


def episode(agent: str, scenario: str, seed: int, score: float, steps: int) -> EpisodeScore:
    length = {"long": 300, "short": 100}[scenario]
    return EpisodeScore(agent, scenario, seed, score, steps, length, seconds_per_decision=0.001)


MINE = [
    episode("mine", "long", 0, 40.0, 300),
    episode("mine", "short", 0, 0.0, 20),
    episode("mine", "long", 1, 20.0, 150),
    episode("mine", "short", 1, 20.0, 50),
]
BASELINE = [  # in another order
    episode("base", "short", 1, 0.0, 50),
    episode("base", "long", 1, 0.0, 150),
    episode("base", "short", 0, 0.0, 20),
    episode("base", "long", 0, 0.0, 60),
]


def test_summary_weights_scenarios_by_length_and_spreads_over_seeds() -> None:
    summary = summarize(MINE)
    # seed 0: (3 * 40 + 0) / 4 = 30 and 320 / 400; seed 1: 20 and 200 / 400
    assert summary.score == pytest.approx(25)
    assert summary.score_spread == pytest.approx(50**0.5)
    assert summary.survival == pytest.approx(65)
    assert summary.survival_spread == pytest.approx(450**0.5)
    assert summary.agent == "mine"


def test_a_single_seed_has_no_spread() -> None:
    summary = summarize(MINE[:2])
    assert summary.score == pytest.approx(30)
    assert summary.score_spread is None
    assert summary.survival_spread is None


def test_time_per_decision_is_the_mean_over_steps_not_over_episodes() -> None:
    slow = EpisodeScore("mine", "long", 0, 0.0, 30, 300, seconds_per_decision=0.004)
    fast = EpisodeScore("mine", "short", 0, 0.0, 10, 100, seconds_per_decision=0.0)
    assert summarize([slow, fast]).ms_per_decision == pytest.approx(3)


def test_difference_is_paired_by_scenario_and_seed() -> None:
    difference = compare(MINE, BASELINE)
    assert (difference.agent, difference.baseline) == ("mine", "base")
    assert difference.score == pytest.approx((300 * 40 + 300 * 20 + 100 * 20) / 800)
    # only the first pair differs: 240 of its 300 steps
    assert difference.survival == pytest.approx(80 * 300 / 800)


def test_interval_holds_the_difference_and_is_the_same_each_time() -> None:
    difference = compare(MINE, BASELINE)
    assert difference.score_interval is not None
    low, high = difference.score_interval
    assert 0 <= low < difference.score < high <= 40
    assert compare(MINE, BASELINE) == difference


def test_interval_of_a_constant_difference_has_no_width() -> None:
    shifted = [episode("base", e.scenario, e.seed, e.score - 7, e.steps) for e in MINE]
    difference = compare(MINE, shifted)
    assert difference.score_interval == pytest.approx((7, 7))
    assert difference.survival_interval == pytest.approx((0, 0))


def test_a_single_pair_has_no_interval() -> None:
    difference = compare(MINE[:1], BASELINE)
    assert difference.score == pytest.approx(40)
    assert difference.score_interval is None
    assert difference.survival_interval is None
