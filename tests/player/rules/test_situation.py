"""A step as every rule sees it: nothing is simulated twice in it."""

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.outcome import Outcome
from powrl.player.rules.setting import SettingError
from powrl.player.rules.situation import ManagerSettings
from tests.player.rules.situations import (
    SIMULATOR,
    Scripted,
    actions_of,
    disconnect,
    legal_in_order,
    manager_of,
    overload,
    situation_of,
)

ATTACKED = ("48_50_136", "48_53_141", "62_58_180")


class Recorder:
    """What a batch simulator is asked to play."""

    def __init__(self, simulator, monkeypatch):
        self.simulator = simulator
        self.played = []
        play_state = simulator.play_state

        def recorded(state, actions):
            self.played += [(state, action.key) for action in actions]
            return play_state(state, actions)

        monkeypatch.setattr(simulator, "play_state", recorded)

    @property
    def keys(self):
        """A key of each state and action that was played."""
        return [(self._key(state), action) for state, action in self.played]

    @property
    def first_keys(self):
        """The same from the state of the first action alone."""
        return [key for key in self.keys if key[0] == self.keys[0][0]]

    @staticmethod
    def _key(state):
        parts = (state.topology, state.line_cooldown, state.substation_cooldown)
        return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


@pytest.fixture
def recorder(neurips, monkeypatch):
    return Recorder(batch_simulator(neurips), monkeypatch)


def topologies(environment, number):
    topology, actions = environment.get_obs().topo_vect, actions_of(environment)
    return [actions.played_in(topology, index) for index in range(number)]


@pytest.mark.parametrize(
    ("batched", "expected_sizes"), [(True, [3, 1]), (False, [3, 1])], ids=["batches", "simulate"]
)
def test_no_action_is_simulated_twice(case14, batched, expected_sizes, monkeypatch):
    simulator = batch_simulator(case14) if batched else Scripted([1.1, 1.2, 1.3, 1.4])
    sizes = simulator.sizes if not batched else []
    if batched:
        play_state = simulator.play_state
        monkeypatch.setattr(
            simulator,
            "play_state",
            lambda state, actions: sizes.append(len(actions)) or play_state(state, actions),
        )
    first, second, third, fourth = topologies(case14, 4)
    situation = situation_of(case14, case14.get_obs(), simulator)
    outcomes = situation.simulate([first, second, first, third])
    assert outcomes[0] is outcomes[2]
    assert outcomes[0] is not outcomes[1]
    again = situation.simulate([third, fourth, second])
    assert again[0] is outcomes[3]
    assert again[2] is outcomes[1]
    assert sizes == expected_sizes


def test_what_is_solved_need_not_be_simulated(case14, monkeypatch):
    recorder = Recorder(batch_simulator(case14), monkeypatch)
    situation = situation_of(case14, case14.get_obs(), recorder.simulator)
    actions = topologies(case14, 3)
    solutions = situation.solved.solve(actions)
    outcomes = situation.simulate(actions)
    assert [solution.outcome for solution in solutions] == outcomes
    assert len(recorder.played) == 3


def test_one_simulates_as_grid2op_does(case14):
    observation, actions = case14.get_obs(), topologies(case14, 5)
    batched = situation_of(case14, observation, batch_simulator(case14)).simulate(actions)
    plain = situation_of(case14, observation, SIMULATOR).simulate(actions)
    for one, other in zip(batched, plain, strict=True):
        assert (one.legal, one.game_over) == (other.legal, other.game_over)
        np.testing.assert_allclose(one.rho, other.rho, atol=1e-3)


def test_simulations_are_counted_once(case14):
    for simulator in (batch_simulator(case14), Scripted([1.0] * 3)):
        clock = Clock(4)
        situation = situation_of(case14, case14.get_obs(), simulator, clock=clock)
        for _ in range(3):
            situation.simulate(topologies(case14, 3))
        assert clock.has_left
        clock.count(1)
        assert not clock.has_left


def test_where_only_simulate_knows_the_state_none_is_told(case14):
    situation = situation_of(case14, case14.get_obs(), SIMULATOR)
    assert situation.state is None
    assert situation.solved is None


@pytest.mark.parametrize("out", [None, 5], ids=["whole", "reconnection"])
def test_remedy_plan_and_redispatching_simulate_nothing_twice(neurips, recorder, out):
    """From the state that is observed and from those that a plan comes to."""
    if out is not None:
        disconnect(neurips, out)
    observation = overload(neurips)
    if out is not None:
        assert not observation.line_status[out]
        assert observation.time_before_cooldown_line[out] == 0
    settings = {"safe_rho": 0.0, "candidates": 10_000, "plan_goal": 0.5, "plan_width": 3}
    settings |= {"plan_depth": 3, "redispatch": True, "contingencies": ATTACKED}
    actions = actions_of(neurips, maximum_elements=5)
    manager = manager_of(neurips, recorder.simulator, actions=actions, **settings)
    situation = manager.situation(observation, legal_in_order)
    decision = manager.decide_in(situation)
    assert decision.rule == "plan"
    assert decision.redispatched_mw > 0
    assert len(set(recorder.keys)) == len(recorder.keys)
    simulated = 1 + len(recorder.first_keys)
    situation.simulate([candidate.action for candidate in decision.candidates])
    assert 1 + len(recorder.first_keys) == simulated
    n_allowed = int(situation.allowed.sum())
    if out is None:
        assert len(recorder.first_keys) == n_allowed
    else:
        assert any(candidate.action.set_line_status[out] for candidate in decision.candidates)
        assert len(recorder.first_keys) >= n_allowed + 1


def test_going_on_with_a_plan_simulates_nothing_twice(neurips, recorder):
    observation = overload(neurips)
    settings = {"safe_rho": 0.0, "candidates": 10_000, "plan_goal": 0.5, "plan_width": 3}
    actions = actions_of(neurips, maximum_elements=5)
    manager = manager_of(neurips, recorder.simulator, actions=actions, critical_rho=0.3, **settings)
    first = manager.decide(observation, legal_in_order)
    observation, *_ = neurips.step(first.action.to_grid2op(neurips.action_space))
    recorder.played.clear()
    assert manager.decide(observation, legal_in_order).rule == "plan"
    assert len(set(recorder.keys)) == len(recorder.keys) > 1


def test_a_calm_step_simulates_doing_nothing_once(neurips, recorder):
    """For reconnection, and for the plan of the generators where that would do harm."""
    disconnect(neurips, 5)
    observation = neurips.get_obs()
    manager = manager_of(neurips, recorder.simulator, redispatch=True)
    manager.decide(observation, legal_in_order)
    nothing = GridAction.nothing(Positions.from_grid2op(neurips)).key
    assert [action for _, action in recorder.played].count(nothing) == 1
    assert len(set(recorder.keys)) == len(recorder.keys)


def test_an_overload_begins_at_the_critical_load(case14):
    observation = case14.get_obs()
    highest = float(observation.rho.max())
    assert situation_of(case14, observation, critical_rho=highest).is_overloaded
    assert not situation_of(case14, observation, critical_rho=highest + 1e-3).is_overloaded


def test_ranked_are_plain_numbers_as_the_ranking_gives_them_once(case14):
    situations = []

    def backwards(situation):
        situations.append(situation)
        return np.flatnonzero(situation.allowed)[::-1]

    situation = situation_of(case14, case14.get_obs(), rank=backwards)
    assert situation.ranked == np.flatnonzero(situation.allowed)[::-1].tolist()
    assert all(type(choice) is int for choice in situation.ranked)
    assert situations == [situation]


@pytest.mark.parametrize(
    ("spare", "load", "simulations", "has_spare"),
    [(True, 0.5, 0, True), (False, 0.5, 9, False), (False, 1.2, 9, True), (False, 1.2, 0, False)],
)
def test_an_overload_has_time_for_all_as_long_as_it_lasts(
    case14, spare, load, simulations, has_spare
):
    observation, clock = case14.get_obs(), Clock(simulations)
    observation.rho[:] = load
    clock.has_spare = spare
    assert situation_of(case14, observation, clock=clock).has_spare is has_spare


def test_outcomes_are_ranked_from_the_load_that_is_set(case14):
    outcome = Outcome(np.array([1.0, 0.8]), legal=True, game_over=False)
    observation = case14.get_obs()
    assert situation_of(case14, observation, counted_from=0.5).rank(outcome) == pytest.approx(0.81)
    assert situation_of(case14, observation, counted_from=2.0).rank(outcome) == pytest.approx(0.01)


def test_a_time_of_all_decisions_needs_their_number():
    with pytest.raises(SettingError, match="how many steps total_seconds is for"):
        ManagerSettings(total_seconds=9.0)
    assert ManagerSettings(total_seconds=9.0, total_steps=5).total_steps == 5
