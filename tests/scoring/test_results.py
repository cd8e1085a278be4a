from __future__ import annotations

import numpy as np
import pytest

from powrl.scoring.results import EpisodeScore, compare, summarize


def episode(agent: str, scenario: str, seed: int, score: float, steps: int) -> EpisodeScore:
    length = {"long": 300, "short": 100}[scenario]
    return EpisodeScore(agent, scenario, seed, score, steps, length, 0.001, 0.1)


AGENT = [
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
    summary = summarize(AGENT)
    # seed 0: (3 * 40 + 0) / 4 = 30 and 320 / 400; seed 1: 20 and 200 / 400
    assert summary.score == pytest.approx(25)
    assert summary.score_spread == pytest.approx(50**0.5)
    assert summary.survival == pytest.approx(65)
    assert summary.survival_spread == pytest.approx(450**0.5)
    assert summary.agent == "mine"


def test_a_single_seed_has_no_spread() -> None:
    summary = summarize(AGENT[:2])
    assert summary.score == pytest.approx(30)
    assert summary.score_spread is None
    assert summary.survival_spread is None


def test_time_per_decision_is_the_mean_over_steps_not_over_episodes() -> None:
    slow = EpisodeScore("mine", "long", 0, 0.0, 30, 300, 0.004, 0.2)
    fast = EpisodeScore("mine", "short", 0, 0.0, 10, 100, 0.0, 0.1)
    assert summarize([slow, fast]).ms_per_decision == pytest.approx(3)
    assert summarize([slow, fast]).slowest_ms == pytest.approx(200)


def test_difference_is_paired_by_scenario_and_seed() -> None:
    difference = compare(AGENT, BASELINE)
    assert (difference.agent, difference.other) == ("mine", "base")
    assert difference.score == pytest.approx((300 * 40 + 300 * 20 + 100 * 20) / 800)
    # only the first pair differs: 240 of its 300 steps
    assert difference.survival == pytest.approx(80 * 300 / 800)


def of_scenarios(differences: list[float], n_seeds: int = 5) -> tuple[list[EpisodeScore], ...]:
    """An agent and a baseline whose scores differ by the same in all seeds of a scenario."""
    agent, base = [], []
    for number, difference in enumerate(differences):
        for seed in range(n_seeds):
            place = (f"scenario {number}", seed)
            agent.append(EpisodeScore("mine", *place, difference, 100, 100, 0.001, 0.01))
            base.append(EpisodeScore("base", *place, 0.0, 100, 100, 0.001, 0.01))
    return agent, base


def test_interval_holds_the_difference_and_is_the_same_each_time() -> None:
    agent, base = of_scenarios([float(number) for number in range(20)])
    difference = compare(agent, base)
    assert difference.score_interval is not None
    low, high = difference.score_interval
    assert 0 <= low < difference.score < high <= 19
    assert compare(agent, base) == difference


def test_interval_is_that_of_scenarios_however_many_seeds_they_have() -> None:
    differences = list(np.random.default_rng(0).normal(0, 20, 30))
    narrow, wide = (compare(*of_scenarios(differences, n)).score_interval for n in (1, 9))
    assert narrow is not None
    assert wide == pytest.approx(narrow)
    half_width = (narrow[1] - narrow[0]) / 2
    assert half_width == pytest.approx(1.96 * np.std(differences) / 30**0.5, rel=0.05)


def test_interval_of_a_constant_difference_has_no_width() -> None:
    difference = compare(*of_scenarios([7.0] * 10))
    assert difference.score_interval == pytest.approx((7, 7))
    assert difference.survival_interval == pytest.approx((0, 0))


def test_too_few_scenarios_have_no_interval() -> None:
    difference = compare(*of_scenarios([40.0] * 9))
    assert difference.score == pytest.approx(40)
    assert difference.score_interval is None
    assert difference.survival_interval is None
