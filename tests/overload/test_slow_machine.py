"""A machine that is ten times slower: the agent ends within the limit, and not with nothing."""

from __future__ import annotations

from typing import Any

from benchmarks.slow_machine import count_steps, episodes, limited_agent, play, slowed
from powrl.editions import EDITIONS
from powrl.overload.decision import Decision

EDITION = EDITIONS["icaps2021"]
"""The least time for a step that is known of."""


def test_a_ten_times_slower_machine_keeps_the_limit_and_still_acts(neurips: Any) -> None:
    which = episodes(neurips, seeds=1)
    steps = count_steps(neurips, which)
    agent = limited_agent("l2rpn_neurips_2020_track1/search", neurips, EDITION, steps)
    rules: list[tuple[bool, str]] = []

    def note(observation: Any, decision: Decision) -> None:
        rules.append((agent.manager.is_overloaded(observation), decision.rule))

    agent.on_decision = note
    with slowed(10):
        slow = play(agent, neurips, which)
    nothing = play(None, neurips, which)
    assert slow.seconds <= EDITION.seconds * steps / EDITION.steps
    assert slow.share > nothing.share
    assert all(mine >= its for mine, its in zip(slow.survived, nothing.survived, strict=True))
    assert any(overloaded and rule != "nothing" for overloaded, rule in rules)
    assert agent.failed_decisions == 0
