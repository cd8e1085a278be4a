"""Lines under attack are not taken for lines that can be reconnected, and are tried again."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.attacks import LONGEST_ATTACK, SHORTEST_ATTACK, attacked_lines
from powrl.player.rules.decision import DO_NOTHING
from powrl.player.rules.reclosing import Reclosing
from powrl.player.rules.reconnection import Reconnection
from powrl.player.rules.recovery import Recovery
from powrl.player.rules.settings import OverloadSettings
from tests.player.rules.situations import (
    Scripted,
    changed_by,
    disconnect,
    grid_of,
    play,
    situation_of,
    split,
)

LINE, OTHER = 5, 16


class Attacked:
    """A grid with alerts, and a line that is out since an attack."""

    def __init__(self, environment, age):
        self.environment = environment
        self.grid = grid_of(environment, alertable_lines=np.array([2, LINE]))
        self.observation = disconnect(environment, LINE)
        self.observation.time_since_last_attack = np.array([-1, age])

    def rule(self, kind, *, simulator=None, **settings):
        part = OverloadSettings(**settings).part(kind.Settings)
        return kind.create(self.grid, simulator or batch_simulator(self.environment), part)

    def decide(self, kind, decision=None, simulator=None, **settings):
        simulator = simulator or batch_simulator(self.environment)
        situation = situation_of(self.environment, self.observation, simulator, **settings)
        before = decision or situation.nothing
        after = self.rule(kind, simulator=simulator, **settings).apply(situation, before)
        return None if after is before else after


@pytest.mark.parametrize(
    ("age", "attacked"), [(-1, False), (0, True), (LONGEST_ATTACK - 1, True), (96, False)]
)
def test_an_attack_is_known_by_its_age(case14, age, attacked):
    one = Attacked(case14, age)
    lines = np.flatnonzero(attacked_lines(one.grid, one.observation)).tolist()
    assert lines == [LINE] * attacked
    assert (one.decide(Reconnection) is None) is attacked


def test_a_line_that_is_back_is_not_under_attack(case14):
    one = Attacked(case14, 20)
    one.observation.line_status[LINE] = True
    assert not attacked_lines(one.grid, one.observation).any()


def test_where_no_alerts_are_cooldowns_tell(case14):
    observation = disconnect(case14, LINE)
    assert not attacked_lines(grid_of(case14), observation).any()
    assert changed_by(Reclosing, case14, observation) is None


def test_another_line_is_reconnected_all_the_same(case14):
    disconnect(case14, OTHER)
    decision = Attacked(case14, 5).decide(Reconnection)
    assert decision.lines == (OTHER,)


@pytest.mark.parametrize(("age", "closed"), [(SHORTEST_ATTACK - 1, False), (SHORTEST_ATTACK, True)])
def test_it_is_closed_once_the_attack_may_be_over(case14, age, closed):
    one = Attacked(case14, age)
    decision = one.decide(Reclosing)
    assert (decision is not None) is closed
    if closed:
        assert decision.rule == "reclosing"
        after, _, _, info = play(case14, decision.action)
        assert not info["is_illegal"]
        assert after.line_status[LINE]


def test_it_is_closed_beside_what_is_played(case14):
    split(case14)
    one = Attacked(case14, SHORTEST_ATTACK)
    one.observation.time_before_cooldown_sub[:] = 0
    recovery = one.decide(Recovery, recovery_rho=2.0)
    decision = one.decide(Reclosing, recovery, critical_rho=2.0)
    assert decision.rule == "recovery"
    assert decision.choice.startswith(f"{recovery.choice}, reconnect")
    assert decision.outcome is recovery.outcome  # the line may well stay out
    np.testing.assert_array_equal(decision.action.set_line_status, np.arange(case14.n_line) == LINE)
    moved = replace(recovery, rule="redispatching", choice=DO_NOTHING)
    assert one.decide(Reclosing, moved, critical_rho=2.0).choice.startswith("reconnect")
    parts = recovery.action.set_bus != 0
    np.testing.assert_array_equal(decision.action.set_bus[parts], recovery.action.set_bus[parts])


@pytest.mark.parametrize(
    ("before", "after", "closed"),
    [
        (0.5, 0.9, True),
        (1.2, 1.1, True),
        (0.5, 1.1, False),
        (1.1, 1.2, False),
        (1.1, np.inf, False),
    ],
)
def test_it_does_no_harm_if_the_line_comes_back(case14, before, after, closed):
    one = Attacked(case14, SHORTEST_ATTACK)
    decision = one.decide(Reclosing, simulator=Scripted([before, after]), critical_rho=0.95)
    assert (decision is not None) is closed


def test_not_in_cooldown_and_not_beside_another_line(case14):
    one = Attacked(case14, SHORTEST_ATTACK)
    closing = one.decide(Reclosing)
    assert one.decide(Reclosing, closing) is None
    one.observation.time_before_cooldown_line[LINE] = 2
    assert one.decide(Reclosing) is None
