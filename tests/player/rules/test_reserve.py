"""More actions are simulated where the first ones leave an overload, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from powrl.player.actions.action_set import ActionSet
from powrl.player.lookahead.clock import Clock
from powrl.player.rules.decision import Decision
from powrl.player.rules.remedy import Remedy
from powrl.player.rules.reserve import Reserve
from tests.player.rules.situations import Scripted, actions_of, rule_of, situation_of

FIRST = 2
"""Actions that are always simulated."""


def decided(
    environment: Any, loads: list[float], reserve: int, clock: Clock | None = None
) -> tuple[Decision, Decision]:
    """What the remedy and then the reserve make of actions that lead to these loads."""
    settings = {"safe_rho": 0.5, "candidates": FIRST, "counted_from": 2.0, "reserve": reserve}
    everything = actions_of(environment)
    actions = ActionSet(everything.layout, everything.actions[: len(loads) - 1])
    simulator = Scripted(loads)
    situation = situation_of(
        environment,
        environment.get_obs(),
        simulator,
        rank=lambda _: range(len(loads)),
        clock=clock,
        actions=actions,
        **settings,
    )
    remedy = rule_of(Remedy, environment, simulator, **settings)
    first = remedy.apply(situation, situation.nothing)
    return first, rule_of(Reserve, environment, simulator, **settings).apply(situation, first)


def test_a_remedy_that_ends_the_overload_is_left(case14: Any) -> None:
    first, then = decided(case14, [1.2, 1.1, 0.98, 0.6], reserve=3)
    assert then is first


def test_else_the_reserve_is_looked_at_up_to_a_solution(case14: Any) -> None:
    loads = [1.2, 1.1, 1.05, *[1.08] * 15, 0.97, *[0.9] * 20]
    first, then = decided(case14, loads, reserve=100)
    assert first.outcome.max_rho == 1.05
    assert then.rule == "reserve"
    assert then.outcome.max_rho == 0.97
    assert then.why == "of 16 more actions it leaves the least overload (highest load 97 %)"
    assert len(then.candidates) == 1 + FIRST + 16


def test_what_is_no_better_is_shown_and_not_played(case14: Any) -> None:
    first, then = decided(case14, [1.2, 1.1, 1.05, 1.3, 1.4], reserve=100)
    assert (then.rule, then.choice) == ("remedy", first.choice)
    assert len(then.candidates) == 5


@pytest.mark.parametrize(("reserve", "simulated"), [(3, 4), (4, 5)])
def test_no_more_than_the_reserve(case14: Any, reserve: int, simulated: int) -> None:
    _, then = decided(case14, [1.2] * 10, reserve)
    assert len(then.candidates) == simulated


def test_the_clock_ends_it(case14: Any) -> None:
    clock = Clock(1 + FIRST)
    _, then = decided(case14, [1.2] * 10, 100, clock)
    assert len(then.candidates) == 1 + FIRST
    assert clock.was_cut


def test_it_is_off_by_default(case14: Any) -> None:
    assert rule_of(Reserve, case14, Scripted([])) is not None
    assert not Reserve.Settings().is_on
