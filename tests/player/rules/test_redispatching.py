"""Redispatching on a real grid: ahead of attacks, back when calm, never beyond the limits."""

import logging
import time
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powrl.engines.engine import open_engine
from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios
from powrl.player.errors import PowrlError
from powrl.player.grid.action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.batch import BatchSimulator
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules import redispatching
from powrl.player.rules.linear_program import Generators, least_redispatching
from powrl.player.rules.manager import OverloadManager
from powrl.player.rules.redispatching import balanced, redispatching_of
from powrl.player.rules.settings import OverloadSettings
from powrl.reduction.enumeration import unitary_topologies

ATTACKED = ("48_50_136", "48_53_141", "62_58_180")


def in_order(_, allowed):
    return np.flatnonzero(allowed)


def rule_of(environment, **settings):
    settings = OverloadSettings(**{"redispatch": True, **settings})
    return redispatching_of(environment.action_space, batch_simulator(environment), settings)


def play(environment, rule, steps):
    """Play the rule alone; the last observation."""
    observation = environment.get_obs()
    nothing = GridAction.nothing(Positions.of(environment))
    movable = Generators.of(environment)
    for _ in range(steps):
        action = rule.on_top_of(nothing, observation)
        observation, _, done, info = environment.step(action.to_grid2op(environment.action_space))
        assert not done
        assert not info["is_illegal"]
        assert not info["is_ambiguous"]
        assert not info["exception"]
        production = observation.gen_p[movable.numbers][:-1]  # the last is the slack
        assert (production <= movable.pmax[:-1] + 0.1).all()
    return observation


def worst_after_attacks(environment, observation):
    batch, positions = batch_simulator(environment), Positions.of(environment)
    state, names = batch.state_of(observation), list(environment.name_line)
    nothing = [GridAction.nothing(positions)]
    return [
        batch.evaluate_state(state.without_line(positions, names.index(line)), nothing)[0].max_rho
        for line in ATTACKED
    ]


def test_generators_go_where_an_attack_does_no_harm(neurips):
    twin = neurips.copy()
    for _ in range(40):
        unprepared, _, done, _ = twin.step(twin.action_space({}))
        assert not done
    prepared = play(neurips, rule_of(neurips, contingencies=ATTACKED), 40)
    assert max(worst_after_attacks(twin, unprepared)) > 1.05
    assert max(worst_after_attacks(neurips, prepared)) < 1.0
    assert abs(prepared.actual_dispatch.sum()) < 0.1


def test_they_come_back_when_nothing_asks_for_it(neurips):
    play(neurips, rule_of(neurips, contingencies=ATTACKED), 20)
    assert np.abs(neurips.get_obs().actual_dispatch).max() > 5
    after = play(neurips, rule_of(neurips), 60)
    assert np.abs(after.actual_dispatch).max() < 2


def test_an_overload_is_relieved_while_it_lasts(neurips):
    limits = neurips.get_thermal_limit()
    worst = int(neurips.get_obs().rho.argmax())
    limits[worst] *= neurips.get_obs().rho[worst] / 1.01
    neurips.set_thermal_limit(limits)
    twin = neurips.copy()
    for _ in range(2):
        left, _, done, _ = twin.step(twin.action_space({}))
        assert not done
    relieved = play(neurips, rule_of(neurips), 2)
    assert relieved.rho[worst] < left.rho[worst] - 0.005


@pytest.mark.parametrize("steps", [2, 3])
def test_an_overload_is_relieved_within_the_steps_that_the_protections_leave(neurips, steps):
    limits = neurips.get_thermal_limit()
    worst = int(neurips.get_obs().rho.argmax())
    limits[worst] *= neurips.get_obs().rho[worst] / 1.1
    neurips.set_thermal_limit(limits)
    known = batch_simulator(neurips)
    assert known.rules.overflow_steps == 3
    simulator = BatchSimulator(known.grid_copy(), replace(known.rules, overflow_steps=steps))
    rule = redispatching_of(neurips.action_space, simulator, OverloadSettings(redispatch=True))
    fleet, nothing = Generators.of(neurips), GridAction.nothing(Positions.of(neurips))
    observation, *_ = neurips.step(neurips.action_space({}))
    for step in range(5):
        action = rule.on_top_of(nothing, observation, may_plan=step == 0)
        observation, _, done, _ = neurips.step(action.to_grid2op(neurips.action_space))
        assert not done
    moved = observation.actual_dispatch[fleet.numbers]
    ramps = np.maximum(moved / fleet.ramp_up, -moved / fleet.ramp_down)
    assert ramps.max() == pytest.approx(steps, abs=0.1)


def test_a_grid_without_overload_is_brought_to_its_goal(neurips):
    limits = neurips.get_thermal_limit()
    worst = int(neurips.get_obs().rho.argmax())
    limits[worst] *= neurips.get_obs().rho[worst] / 0.95
    neurips.set_thermal_limit(limits)
    twin = neurips.copy()
    assert not play(twin, rule_of(twin, redispatch_goal=1.0), 3).actual_dispatch.any()
    left, relieved = twin.get_obs(), play(neurips, rule_of(neurips, redispatch_goal=0.9), 3)
    assert relieved.rho[worst] < left.rho[worst] - 0.005


def test_where_ramps_leave_no_room_the_generators_stay(neurips):
    rule = rule_of(neurips, contingencies=ATTACKED)
    observation = play(neurips, rule, 10)
    movable = Generators.of(neurips).numbers
    nothing = GridAction.nothing(Positions.of(neurips))
    assert rule.on_top_of(nothing, observation).redispatches
    after, _, _, _ = neurips.step(neurips.action_space({}))
    after.gen_p[movable] += Generators.of(neurips).ramp_up  # as if all rose as they can
    held = rule.on_top_of(nothing, after).redispatch
    target = after.target_dispatch if held is None else after.target_dispatch + held
    np.testing.assert_allclose(target, after.actual_dispatch, atol=0.02)


def test_with_a_generator_out_of_reach_of_its_ends_all_stay(neurips):
    nothing = GridAction.nothing(Positions.of(neurips))
    observation = neurips.get_obs()
    assert rule_of(neurips, contingencies=ATTACKED).on_top_of(nothing, observation).redispatches
    slack = [each.is_slack for each in neurips.backend._grid.get_generators()].index(True)
    observation.gen_p[slack] = neurips.gen_pmax[slack] + 2 * neurips.gen_max_ramp_up[slack]
    assert rule_of(neurips, contingencies=ATTACKED).on_top_of(nothing, observation) is nothing


def test_another_episode_starts_anew(neurips):
    rule = rule_of(neurips, contingencies=ATTACKED)
    play(neurips, rule, 10)
    first = rule.on_top_of(GridAction.nothing(Positions.of(neurips)), neurips.reset(seed=1))
    fresh = rule_of(neurips, contingencies=ATTACKED)
    second = fresh.on_top_of(GridAction.nothing(Positions.of(neurips)), neurips.get_obs())
    np.testing.assert_array_equal(first.redispatch, second.redispatch)


@pytest.fixture
def programs(monkeypatch):
    """The cases of each linear program that is solved."""
    asked = []

    def recorded(fleet, cases, **limits):
        asked.append(list(cases))
        return least_redispatching(fleet, cases, **limits)

    monkeypatch.setattr(redispatching, "least_redispatching", recorded)
    return asked


class Looks:
    """A sensitivity that counts the states that it is asked for."""

    def __init__(self, sensitivity):
        self._sensitivity = sensitivity
        self.number = 0

    def of(self, state):
        self.number += 1
        return self._sensitivity.of(state)


def test_a_plan_out_of_time_leaves_out_the_lightest_contingencies(neurips, programs, monkeypatch):
    """A look takes a second here."""
    observation, nothing = neurips.get_obs(), GridAction.nothing(Positions.of(neurips))
    names, contingencies = list(neurips.name_line), ATTACKED[::-1]
    loads = observation.rho[[names.index(line) for line in contingencies]]
    assert loads.argmax() > 0
    played = {}
    for deadline in (None, 100, 2, 0):
        rule = rule_of(neurips, contingencies=contingencies)
        looks = Looks(rule._sensitivity)
        monkeypatch.setattr(rule, "_sensitivity", looks)
        monkeypatch.setattr(time, "perf_counter", lambda looks=looks: looks.number)
        in_time = {} if deadline is None else {"deadline": deadline}
        played[deadline] = rule.on_top_of(nothing, observation, **in_time).redispatch
    every, in_plenty, two, one = programs
    assert [len(each) for each in programs] == [4, 4, 2, 1]
    np.testing.assert_array_equal(played[100], played[None])
    for case, same in zip(every, in_plenty, strict=True):
        assert case.weight == same.weight
        np.testing.assert_array_equal(case.rho, same.rho)
        np.testing.assert_array_equal(case.slopes, same.slopes)
    heaviest = every[1:][int(loads.argmax())]
    np.testing.assert_array_equal(one[0].rho, every[0].rho)
    np.testing.assert_array_equal(two[0].rho, every[0].rho)
    np.testing.assert_array_equal(two[1].rho, heaviest.rho)
    assert two[1].weight == heaviest.weight


def test_cases_stand_in_the_order_of_the_contingencies(neurips, programs):
    nothing = GridAction.nothing(Positions.of(neurips))
    rule_of(neurips, contingencies=ATTACKED).on_top_of(nothing, neurips.get_obs())
    names = list(neurips.name_line)
    lost = [
        int(np.flatnonzero(case.rho[[names.index(line) for line in ATTACKED]] == 0).item())
        for case in programs[0][1:]
    ]
    assert lost == [0, 1, 2]


@pytest.mark.parametrize(("seconds", "cases"), [(1000.0, 4), (1e-9, 1)])
def test_a_calm_step_plans_no_longer_than_a_decision_may_take(neurips, programs, seconds, cases):
    rule = rule_of(neurips, contingencies=ATTACKED)
    actions = unitary_topologies(GridLayout.of(neurips), maximum_elements=4)
    settings, simulator = OverloadSettings(seconds=seconds), batch_simulator(neurips)
    manager = OverloadManager(Positions.of(neurips), actions, simulator, settings, rule)
    assert not manager.is_overloaded(neurips.get_obs())
    manager.decide(neurips.get_obs(), in_order)
    assert [len(each) for each in programs] == [cases]


def test_a_line_that_is_not_there_is_named(neurips):
    with pytest.raises(PowrlError, match="contingencies: the grid has no line '1_2_3'"):
        rule_of(neurips, contingencies=("1_2_3",), redispatch=False)


def test_an_observation_of_the_stepper_is_decided_alike(neurips):
    actions = unitary_topologies(GridLayout.of(neurips), maximum_elements=5)
    settings, simulator = OverloadSettings(redispatch=True), batch_simulator(neurips)
    with closing(open_engine("fast", Scenarios("l2rpn_neurips_2020_track1"))) as engine:
        scenario = engine.scenarios[0]
        observations = engine.start(scenario, 0).observation, start_episode(neurips, scenario, 0)
    decision, other = (
        OverloadManager(
            Positions.of(neurips),
            actions,
            simulator,
            settings,
            rule_of(neurips, contingencies=ATTACKED),
        ).decide(observation, in_order)
        for observation in observations
    )
    assert decision.action.redispatches
    np.testing.assert_allclose(decision.action.redispatch, other.action.redispatch, atol=0.05)
    assert decision.rule == "redispatching"
    assert decision.redispatched_mw > 1
    assert decision.outcome is None


def test_without_generators_to_move_the_log_says_so(neurips, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    simulator = batch_simulator(neurips)
    fixed = np.zeros(neurips.n_gen, dtype=bool)
    monkeypatch.setattr(type(neurips.action_space), "gen_redispatchable", fixed)
    settings = OverloadSettings(redispatch=True)
    assert redispatching_of(neurips.action_space, simulator, settings) is None
    assert "no generator of this grid can be moved" in caplog.text


def test_where_it_cannot_be_had_the_log_says_why(neurips, caplog):
    caplog.set_level(logging.INFO)
    settings = OverloadSettings(redispatch=True)
    assert redispatching_of(neurips.action_space, ForecastSimulator(), settings) is None
    assert "no redispatching: candidates are not evaluated in batches" in caplog.text


@given(
    st.lists(
        st.tuples(st.floats(-50, 50), st.floats(-20, 20), st.floats(0, 20)), min_size=2, max_size=8
    )
)
def test_moves_are_balanced_within_their_bounds(rows):
    wanted, lowest, width = map(np.array, zip(*rows, strict=True))
    highest = lowest + width
    moves = balanced(wanted, lowest, highest)
    assert (moves >= lowest).all()
    assert (moves <= highest).all()
    if lowest.sum() <= 0 <= highest.sum():
        assert abs(moves.sum()) < 1e-6
    free = (moves > lowest + 1e-9) & (moves < highest - 1e-9)
    shifts = (moves - wanted)[free]
    assert np.ptp(shifts) < 1e-6 if free.any() else True
