"""Limits of time hold for agents of powrl, too, where they are set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from powrl.scoring.contest import Contest
from powrl.scoring.contestants.parsing import parse_contestants
from powrl.scoring.isolation.order import Limits
from powrl.scoring.run import score

AGENT = "rte_case14_realistic/powrl"


def test_an_agent_of_powrl_has_a_process_of_its_own_where_a_limit_is_set() -> None:
    own, *baselines = parse_contestants([AGENT])
    contest = Contest("rte_case14_realistic", Path("grid"), {"000": 0}, (own, *baselines), (0,))
    assert not contest.plays_apart(own)
    limited = replace(contest, limits=Limits(episode=600.0))
    assert limited.plays_apart(own)
    assert not any(map(limited.plays_apart, baselines))


def test_an_agent_of_powrl_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    short: dict[str, Any] = {"scenarios": "000", "seeds": 1, "max_steps": 3, "jobs": 1}
    agents = {"mine": AGENT}
    result = score(agents, untrained=False, output=tmp_path / "a", episode_timeout=0.01, **short)
    assert [summary.failures for summary in result.summaries] == [1, 0, 0]
    assert "mine failed" in result.episodes[0].failure
    # processes of their own change no score
    limited = score(agents, untrained=False, output=tmp_path / "b", episode_timeout=600, **short)
    free = score(agents, untrained=False, output=tmp_path / "c", **short)
    scores = [[(s.score, s.steps, s.costs) for s in run.episodes] for run in (limited, free)]
    assert scores[0] == scores[1]
