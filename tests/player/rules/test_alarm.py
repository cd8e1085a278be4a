"""Alarms are raised where an overload is left, and no more often than they can be."""

from types import SimpleNamespace

import numpy as np
import pytest

from powrl.environments.opening import Scenarios, open_environment
from powrl.player.rules.alarm import APART, Alarms

LINES = ["a", "b", "c"]


def seen(step, rho, attention=2.0):
    return SimpleNamespace(
        current_step=step,
        rho=np.array(rho),
        attention_budget=np.array([attention]),
        name_line=np.array(LINES),
        alarms_area_names=["east", "west"],
        alarms_lines_area={"a": ["east"], "b": ["west"], "c": ["east", "west"]},
    )


def decided(max_rho):
    outcome = None if max_rho is None else SimpleNamespace(max_rho=max_rho)
    return SimpleNamespace(outcome=outcome)


@pytest.mark.parametrize(
    ("rho", "area"),
    [([1.2, 0.5, 0.5], 0), ([1.2, 1.3, 0.5], 1), ([1.2, 1.3, 1.3], 1), ([1.0, 0.99, 0.5], None)],
)
def test_it_is_for_the_area_with_the_most_overload(rho, area):
    assert Alarms().area(seen(0, rho), decided(1.1)) == area


@pytest.mark.parametrize(("max_rho", "raised"), [(0.99, False), (1.0, True), (None, True)])
def test_it_is_raised_where_an_overload_is_left(max_rho, raised):
    assert (Alarms().area(seen(0, [1.2, 0, 0]), decided(max_rho)) is not None) == raised


def test_it_is_raised_as_long_as_the_operators_attend_and_not_at_every_step():
    alarms = Alarms()
    left = decided(1.5)
    assert alarms.area(seen(0, [1.2, 0, 0], attention=0.9), left) is None
    raised = [alarms.area(seen(step, [1.2, 0, 0]), left) is not None for step in range(3 * APART)]
    assert np.flatnonzero(raised).tolist() == [0, APART, 2 * APART]
    assert alarms.area(seen(0, [1.2, 0, 0]), left) == 0  # of the next episode
    assert alarms.area(seen(0, [1.2, 0, 0]), left) == 0  # and of one more


def test_grid2op_takes_it_as_a_legal_action():
    environment = open_environment(Scenarios("l2rpn_icaps_2021"))
    observation = environment.reset()
    observation.rho[3] = 1.5
    action = environment.action_space()
    action.raise_alarm = [Alarms().area(observation, decided(1.2))]
    observation, _, _, info = environment.step(action)
    environment.close()
    assert not info["is_illegal"]
    assert not info["is_ambiguous"]
    assert observation.attention_budget[0] < 2
    assert observation.last_alarm.max() == 1
