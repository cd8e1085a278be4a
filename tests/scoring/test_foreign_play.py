"""What a process of foreign code leaves is read with suspicion."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from powrl.editions.editions import CostUnits
from powrl.scoring import foreign_play
from powrl.scoring.contest import Contest, PlannedEpisode
from powrl.scoring.contestants.own import Baseline
from powrl.scoring.costs import EpisodeCosts, OperationCosts
from powrl.scoring.foreign_play import Play
from powrl.scoring.isolation.client import Outcome, Task
from powrl.scoring.prepared import Prepared
from powrl.scoring.results import LOWEST_SCORE, EpisodeScore

COSTS = EpisodeCosts(
    {unit.value: OperationCosts(3.0, 2.0, 4.0, 3.0) for unit in CostUnits}, 5.0, 6.0, 7.0, False
)
AGENT = Baseline("DoNothing")
SCORE = EpisodeScore(AGENT.name, "001", 0, 10.0, 3, 3, 0.1, 0.2, costs=COSTS)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The score that is read of a result."""
    monkeypatch.setattr("powrl.scoring.official.episode_length", lambda *_: 3)
    contest = Contest("grid", Path("grid"), {"001": 0}, (AGENT,), (0,))
    play = Play(PlannedEpisode("001", 0), AGENT, Prepared(Path("grid"), ""))

    def score(**changes: Any) -> EpisodeScore:
        body = {**asdict(SCORE), **changes}
        result = {"score": body, "failure": "", "manipulations": []}
        return foreign_play._score(contest, play, Outcome(Task(print, (), Path()), result))

    return score


def test_a_whole_score_counts(read: Any) -> None:
    assert read() == SCORE
    assert read(agent="another").agent == AGENT.name


@pytest.mark.parametrize(
    "changes",
    [
        {"costs": None},
        {"costs": {}},
        {"costs": {**asdict(COSTS), "operation": {}}},
        {"costs": {**asdict(COSTS), "operation": {"now": asdict(COSTS)["operation"]["now"]}}},
        {"costs": {**asdict(COSTS), "blackout": math.nan}},
        {"costs": {**asdict(COSTS), "blackout": "5"}},
        {"costs": {**asdict(COSTS), "more": 1.0}},
        {"score": math.inf},
        {"score": "10"},
        {"seconds_per_decision": -1.0},
        {"parts": {"operation": math.nan}},
        {"scenario": "002"},
        {"seed": 1},
        {"steps": -1},
        {"steps": 2.5},
    ],
)
def test_costs_and_numbers_that_cannot_be_are_a_failure(read: Any, changes: dict[str, Any]) -> None:
    score = read(**changes)
    assert score.score == LOWEST_SCORE
    assert score.failure.startswith("the agent DoNothing failed: its process has left no score")
    assert score == replace(score, steps=0, costs=None)
