"""Alarms are raised where a heavy overload is left, and no more often than they can be."""

from types import SimpleNamespace

import numpy as np
import pytest

from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.operator_warnings import Alarm
from powrl.player.errors import NotSupportedError
from powrl.player.lookahead.outcome import Outcome
from powrl.player.rules.alarm import MIN_STEPS_BETWEEN_ALARMS
from powrl.player.rules.decision import Candidate, Decision
from tests.player.rules.situations import grid_of, legal_in_order, manager_of

EAST, WEST = (0, 2), (1, 2)
"""Numbers of the lines of each area; line 2 is in both."""


def seen(step, rho, attention=2.0):
    return SimpleNamespace(
        current_step=step, rho=np.array(rho), attention_budget=np.array([attention])
    )


def left_at(max_rho):
    """A decision whose outcome has this load; None: it was not simulated."""
    chosen = None
    if max_rho is not None:
        outcome = Outcome(np.array([max_rho]), legal=True, game_over=False)
        chosen = Candidate("a", None, outcome)
    return lambda situation: Decision(situation.nothing.action, chosen=chosen)


class Alarms:
    """The manager of a grid of two areas, which warns step after step."""

    def __init__(self, environment):
        grid = grid_of(environment, alarm_areas=(EAST, WEST))
        self._manager = manager_of(environment, grid=grid, alarm=True, plan=False)

    def area(self, observation, decide):
        """The area that an alarm is raised for in a step, or None."""
        situation = self._manager.situation(observation, legal_in_order)
        decision = decide(situation)
        warned = self._manager.warn(situation, decision)
        alarm = warned.action.part(Alarm)
        if alarm is None:
            assert warned is decision
            return None
        return int(np.flatnonzero(alarm.values).item())


@pytest.fixture
def alarms(case14):
    return Alarms(case14)


@pytest.mark.parametrize(
    ("rho", "area"),
    [([1.2, 0.5, 0.5], 0), ([1.2, 1.3, 0.5], 1), ([1.2, 1.3, 1.3], 1), ([1.0, 0.99, 0.5], None)],
)
def test_it_is_for_the_area_with_the_most_overload(alarms, rho, area):
    assert alarms.area(seen(0, rho), left_at(1.1)) == area


@pytest.mark.parametrize(("max_rho", "raised"), [(1.09, False), (1.1, True), (None, True)])
def test_it_is_raised_where_a_heavy_overload_is_left(alarms, max_rho, raised):
    assert (alarms.area(seen(0, [1.2, 0, 0]), left_at(max_rho)) is not None) == raised


def test_it_is_raised_as_long_as_the_operators_attend_and_not_at_every_step(alarms):
    apart, overload = MIN_STEPS_BETWEEN_ALARMS, left_at(1.5)
    assert alarms.area(seen(0, [1.2, 0, 0], attention=0.9), overload) is None
    areas = [alarms.area(seen(step, [1.2, 0, 0]), overload) for step in range(3 * apart)]
    raised = [area is not None for area in areas]
    assert np.flatnonzero(raised).tolist() == [0, apart, 2 * apart]
    assert alarms.area(seen(0, [1.2, 0, 0]), overload) == 0  # of the next episode
    assert alarms.area(seen(0, [1.2, 0, 0]), overload) == 0  # and of one more


def test_an_environment_without_alarms_is_refused(case14):
    with pytest.raises(NotSupportedError, match=r"set overload\.alarm to false"):
        manager_of(case14, alarm=True)


def test_grid2op_takes_it_as_a_legal_action():
    environment = open_environment(Scenarios("l2rpn_icaps_2021"))
    observation = environment.reset()
    observation.rho[3] = 1.5
    manager = manager_of(environment, alarm=True)
    situation = manager.situation(observation, legal_in_order)
    warned = manager.warn(situation, left_at(1.2)(situation))
    action = warned.action.to_grid2op(environment.action_space)
    assert np.sum(action.raise_alarm) == 1
    observation, _, _, info = environment.step(action)
    environment.close()
    assert not info["is_illegal"]
    assert not info["is_ambiguous"]
    assert observation.attention_budget[0] < 2
    assert observation.last_alarm.max() == 1
