"""A machine that is ten times slower: the agent ends within the limit, and not with nothing."""

from __future__ import annotations

from benchmarks.slow_machine import LimitedAgent, scored, time_shares
from powrl.editions.editions import EDITIONS
from powrl.environments.opening import Scenarios
from powrl.scoring.contestants.own import Baseline
from powrl.scoring.planning import plan_contest
from powrl.workspace.shipped import find_agent

EDITION = EDITIONS["icaps2021"]
"""The least time for a step that is known of."""
AGENT = "l2rpn_neurips_2020_track1/search"


def test_a_ten_times_slower_machine_keeps_the_limit_and_still_acts() -> None:
    slow = LimitedAgent(AGENT, find_agent(AGENT), edition=EDITION)
    scenarios = Scenarios("l2rpn_neurips_2020_track1")
    episodes = scored(plan_contest(scenarios, [slow, Baseline("DoNothing")], [0]), 10)
    limited = [episode for episode in episodes if episode.agent == AGENT]
    nothing = [episode for episode in episodes if episode.agent == "DoNothing"]
    assert all(share <= 1 for share in time_shares(EDITION, limited))
    for slowed, idle in zip(limited, nothing, strict=True):
        assert slowed.steps >= idle.steps
        assert slowed.score > idle.score
