"""An overloaded line is opened where the simulation finds that better."""

import numpy as np
import pytest

from powrl.grid.action import GridAction
from powrl.grid.positions import Positions
from powrl.overload.decision import Candidate, Decision
from powrl.overload.disconnection import disconnection
from powrl.overload.ranking import overload_rank
from powrl.overload.settings import OverloadSettings
from powrl.simulation.choice import batch_simulator
from powrl.simulation.outcome import Outcome


class Told:
    """A simulator that says of every action the same."""

    batch_size = 1

    def __init__(self, outcome):
        self.outcome = outcome
        self.asked = []

    def evaluate(self, observation, actions):
        del observation
        self.asked += actions
        return [self.outcome] * len(actions)


def loads(environment, overloaded=(), load=1.2):
    rho = np.full(environment.n_line, 0.5)
    rho[list(overloaded)] = load
    return Outcome(rho, legal=True, game_over=False)


def decide(environment, before, after, action=None):
    positions = Positions.of(environment)
    action = action or GridAction.nothing(positions)
    decision = Decision(action, "plan", "a plan", (3,), (Candidate("a plan", action, before),))
    simulator = Told(after) if isinstance(after, Outcome) else after
    settings = OverloadSettings()
    return disconnection(
        environment.get_obs(),
        decision,
        positions,
        simulator,
        settings,
        lambda outcome: overload_rank(outcome, settings.counted_from),
    )


def test_the_overloaded_line_is_opened_when_that_is_better(case14):
    decision = decide(case14, loads(case14, [3]), loads(case14))
    assert decision.rule == "disconnection"
    assert np.flatnonzero(decision.action.set_line_status).tolist() == [3]
    assert decision.choice == f"a plan, open {case14.name_line[3]}"
    assert [each.label for each in decision.candidates] == ["a plan", decision.choice]


def test_not_when_it_is_no_better(case14):
    decision = decide(case14, loads(case14, [3]), loads(case14, [4, 5]))
    assert (decision.rule, decision.choice) == ("plan", "a plan")
    assert len(decision.candidates) == 2


def test_nothing_is_asked_where_nothing_is_overloaded(case14):
    simulator = Told(loads(case14))
    assert decide(case14, loads(case14), simulator).rule == "plan"
    assert not simulator.asked


def test_one_line_is_all_that_a_step_allows(case14):
    action = GridAction.nothing(Positions.of(case14))
    action.set_line_status[7] = 1
    simulator = Told(loads(case14))
    assert decide(case14, loads(case14, [3]), simulator, action).rule == "plan"
    assert not simulator.asked


def test_a_line_in_cooldown_is_left(case14):
    _, _, done, _ = case14.step(case14.action_space({"set_line_status": [(3, -1)]}))
    assert not done
    simulator = Told(loads(case14))
    decide(case14, loads(case14, [3, 4]), simulator)
    assert [np.flatnonzero(each.set_line_status).tolist() for each in simulator.asked] == [[4]]


@pytest.mark.parametrize("line", [0, 3, 9])
def test_together_with_a_topology_it_is_legal(case14, line):
    positions = Positions.of(case14)
    substation = int(case14.line_or_to_subid[line])
    action = GridAction.nothing(positions)
    action.set_bus[positions.part(substation)] = 1
    decision = decide(case14, loads(case14, [line]), loads(case14), action)
    assert decision.rule == "disconnection"
    outcome = batch_simulator(case14).evaluate(case14.get_obs(), [decision.action])[0]
    assert outcome.legal
