"""Redispatching on a real grid: ahead of attacks, back when calm, never beyond the limits."""

import logging
import math
import re
import time
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from powrl.engines.opening import open_engine
from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.redispatch import Redispatch
from powrl.player.errors import ConfigurationError
from powrl.player.grid.generators import Generators
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.batch import BatchSimulator
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules import generator_plan
from powrl.player.rules.attack_draw import draw_shares
from powrl.player.rules.attack_limits import AttackLimits
from powrl.player.rules.attack_value import AttackValue
from powrl.player.rules.dispatch_memory import DispatchMemory
from powrl.player.rules.generator_moves import KEPT_STEPS
from powrl.player.rules.linear_program import least_redispatching
from powrl.player.rules.redispatching import Redispatching
from powrl.player.rules.settings import OverloadSettings
from tests.player.rules import situations
from tests.player.rules.situations import (
    SIMULATOR,
    RuleAlone,
    actions_of,
    grid_of,
    legal_in_order,
    overload,
    play,
    wait,
)

ATTACKED = ("48_50_136", "48_53_141", "62_58_180")


def rule_of(environment, simulator=None, **settings):
    settings = {"redispatch": True, **settings}
    return RuleAlone(
        Redispatching, environment, simulator or batch_simulator(environment), **settings
    )


def manager_of(environment, simulator=None, **settings):
    """A manager of few actions, so that tests are fast."""
    return situations.manager_of(
        environment,
        simulator or batch_simulator(environment),
        actions=actions_of(environment, maximum_elements=5),
        **{"redispatch": True, **settings},
    )


def redispatched(rule, observation, clock=None):
    """What the rule moves (MW), or None: nothing."""
    decision = rule.decide(observation, clock)
    return None if decision is None else decision.action.redispatch


def play_alone(environment, rule, steps):
    """Play the rule alone; the last observation."""
    observation = environment.get_obs()
    nothing = GridAction.nothing(Positions.from_grid2op(environment))
    movable = Generators.from_grid2op(environment)
    for _ in range(steps):
        decision = rule.decide(observation)
        observation, _, done, info = play(environment, decision.action if decision else nothing)
        assert not done
        assert not info["is_illegal"]
        assert not info["is_ambiguous"]
        assert not info["exception"]
        production = observation.gen_p[movable.numbers][:-1]  # the last is the slack
        assert (production <= movable.pmax[:-1] + 0.1).all()
    return observation


def limit_worst(environment, load):
    """Lower the limit of the most loaded line, so that it is at a load now."""
    limits = environment.get_thermal_limit()
    worst = int(environment.get_obs().rho.argmax())
    limits[worst] *= environment.get_obs().rho[worst] / load
    environment.set_thermal_limit(limits)
    return worst


def worst_after_attacks(environment, observation):
    batch, positions = batch_simulator(environment), Positions.from_grid2op(environment)
    state, names = batch.state_of(observation), list(environment.name_line)
    nothing = [GridAction.nothing(positions)]
    return [
        batch.evaluate_state(state.without_line(positions, names.index(line)), nothing)[0].max_rho
        for line in ATTACKED
    ]


def test_generators_go_where_an_attack_does_no_harm(neurips):
    twin = neurips.copy()
    for _ in range(40):
        unprepared = wait(twin)
    prepared = play_alone(neurips, rule_of(neurips, contingencies=ATTACKED), 40)
    assert max(worst_after_attacks(twin, unprepared)) > 1.05
    assert max(worst_after_attacks(neurips, prepared)) < 1.0
    assert abs(prepared.actual_dispatch.sum()) < 0.1


def test_they_come_back_when_nothing_asks_for_it(neurips):
    play_alone(neurips, rule_of(neurips, contingencies=ATTACKED), 20)
    assert np.abs(neurips.get_obs().actual_dispatch).max() > 5
    after = play_alone(neurips, rule_of(neurips), 60)
    assert np.abs(after.actual_dispatch).max() < 2


def test_an_overload_is_relieved_while_it_lasts(neurips):
    worst = limit_worst(neurips, 1.01)
    twin = neurips.copy()
    for _ in range(2):
        idle = wait(twin)
    relieved = play_alone(neurips, rule_of(neurips), 2)
    assert relieved.rho[worst] < idle.rho[worst] - 0.005


@pytest.mark.parametrize("steps", [2, 3])
def test_an_overload_is_relieved_within_the_steps_that_the_protections_leave(neurips, steps):
    limit_worst(neurips, 1.1)
    shipped = batch_simulator(neurips)
    assert shipped.rules.overflow_steps == 3
    simulator = BatchSimulator(shipped.grid_copy(), replace(shipped.rules, overflow_steps=steps))
    rule = rule_of(neurips, simulator)
    fleet, nothing = (
        Generators.from_grid2op(neurips),
        GridAction.nothing(Positions.from_grid2op(neurips)),
    )
    observation = wait(neurips)
    for step in range(5):
        clock = Clock() if step == 0 else Clock(0)
        clock.limit(math.inf, has_spare=step == 0)
        decision = rule.decide(observation, clock)
        observation, _, done, _ = play(neurips, decision.action if decision else nothing)
        assert not done
    moved = observation.actual_dispatch[fleet.numbers]
    ramps = np.maximum(moved / fleet.ramp_up, -moved / fleet.ramp_down)
    assert ramps.max() == pytest.approx(steps, abs=0.1)


def test_a_grid_without_overload_is_brought_to_its_goal(neurips):
    worst = limit_worst(neurips, 0.95)
    twin = neurips.copy()
    assert not play_alone(twin, rule_of(twin, redispatch_goal=1.0), 3).actual_dispatch.any()
    idle, relieved = twin.get_obs(), play_alone(neurips, rule_of(neurips, redispatch_goal=0.9), 3)
    assert relieved.rho[worst] < idle.rho[worst] - 0.005


def test_where_ramps_leave_no_room_the_generators_stay(neurips):
    rule = rule_of(neurips, contingencies=ATTACKED)
    observation = play_alone(neurips, rule, 10)
    movable = Generators.from_grid2op(neurips)
    assert redispatched(rule, observation) is not None
    after = wait(neurips)
    after.gen_p[movable.numbers] += movable.ramp_up  # as if all rose as they can
    memory = rule.memory.part(DispatchMemory)
    memory.foreseen = memory.foreseen + movable.ramp_up
    held = redispatched(rule, after)
    target = after.target_dispatch if held is None else after.target_dispatch + held
    np.testing.assert_allclose(target, after.actual_dispatch, atol=0.02)


def test_schedules_are_kept_and_the_first_one_of_the_slack_within_its_ends(neurips):
    rule = rule_of(neurips)
    observation = neurips.get_obs()
    movable = Generators.from_grid2op(neurips)
    slack = rule.rule._step._is_slack
    observation.gen_p[movable.numbers[slack]] = movable.pmax[slack] + 9
    for step in range(KEPT_STEPS + 3):
        rule.decide(observation)
        schedules = rule.memory.part(DispatchMemory).schedules
        assert len(schedules) == min(step, KEPT_STEPS) + 1
        assert step or schedules[0][slack] == movable.pmax[slack]
        observation.current_step += 1


def test_the_schedule_of_the_slack_is_what_was_forecast(neurips):
    """What it delivers also balances losses, and grid2op limits the schedule alone."""
    rule = rule_of(neurips)
    observation = neurips.get_obs()
    numbers = Generators.from_grid2op(neurips).numbers
    slack = rule.rule._step._is_slack
    assert slack.sum() == 1
    foreseen = observation.get_forecasted_inj(1)[0][numbers]
    rule.decide(observation)
    observation = wait(neurips)
    rule.decide(observation)
    memory = rule.memory.part(DispatchMemory)
    produced = observation.gen_p[numbers] - observation.actual_dispatch[numbers]
    np.testing.assert_allclose(memory.schedules[-1][slack], foreseen[slack], rtol=1e-6)
    np.testing.assert_allclose(memory.schedules[-1][~slack], produced[~slack], rtol=1e-6)
    assert abs(foreseen[slack] - produced[slack]).item() > 0.5


def test_with_a_generator_out_of_reach_of_its_ends_all_stay(neurips):
    observation = neurips.get_obs()
    assert redispatched(rule_of(neurips, contingencies=ATTACKED), observation).any()
    is_slack = [generator.is_slack for generator in neurips.backend._grid.get_generators()]
    slack = is_slack.index(True)
    observation.gen_p[slack] = neurips.gen_pmax[slack] + 2 * neurips.gen_max_ramp_up[slack]
    assert rule_of(neurips, contingencies=ATTACKED).decide(observation) is None


@pytest.mark.parametrize("is_told", [True, False])
def test_another_episode_starts_anew(neurips, is_told):
    alone = {"contingencies": ATTACKED, "reconnect": False, "recover": False, "critical_rho": 2.0}
    manager, observation = manager_of(neurips, **alone), neurips.get_obs()
    for _ in range(10):
        decision = manager.decide(observation, legal_in_order)
        observation, _, done, _ = play(neurips, decision.action)
        assert not done
    observation = neurips.reset(seed=1)
    if is_told:
        manager.reset()
    first = manager.decide(observation, legal_in_order)
    second = manager_of(neurips, **alone).decide(neurips.get_obs(), legal_in_order)
    assert second.rule == "redispatching"
    np.testing.assert_array_equal(first.action.redispatch, second.action.redispatch)


@pytest.fixture
def programs(monkeypatch):
    """The cases of each linear program that is solved."""
    recorded_cases = []

    def recorded(fleet, cases, **limits):
        recorded_cases.append(list(cases))
        return least_redispatching(fleet, cases, **limits)

    monkeypatch.setattr(generator_plan, "least_redispatching", recorded)
    return recorded_cases


def test_lines_about_to_trip_come_first(neurips, programs):
    observation = overload(neurips)
    observation.timestep_protection_engaged[observation.rho > 1] = 3
    most_loaded = int(observation.rho.argmax())
    for protections, cases in ((False, 1), (True, 3)):
        manager = manager_of(neurips, plan=False, protections=protections)
        manager.decide(observation, legal_in_order)
        assert len(programs[-1]) == cases
    present, beyond, trips = programs[-1]
    assert present.limit < trips.limit < beyond.limit < 1
    assert beyond.weight > present.weight
    assert trips.weight[most_loaded] > beyond.weight
    assert trips.weight[observation.rho < 1].max() == 0


class Looks:
    """A sensitivity that counts the states that it is asked for."""

    def __init__(self, sensitivity):
        self._sensitivity = sensitivity
        self.number = 0

    def at_many(self, states):
        for answer in self._sensitivity.at_many(states):
            self.number += 1
            yield answer


def require_the_heaviest(observation, names, contingencies, programs, played):
    """Four programs: all, in plenty, two cases, one; the heaviest contingency is in the third."""
    loads = observation.rho[[names.index(line) for line in contingencies]]
    assert loads.argmax() > 0
    whole, in_plenty, two, one = programs
    assert [len(cases) for cases in programs] == [4, 4, 2, 1]
    np.testing.assert_array_equal(played[1], played[0])
    for case, same in zip(whole, in_plenty, strict=True):
        assert case.weight == same.weight
        np.testing.assert_array_equal(case.rho, same.rho)
        np.testing.assert_array_equal(case.slopes.all(), same.slopes.all())
    heaviest = whole[1:][int(loads.argmax())]
    np.testing.assert_array_equal(one[0].rho, whole[0].rho)
    np.testing.assert_array_equal(two[0].rho, whole[0].rho)
    np.testing.assert_array_equal(two[1].rho, heaviest.rho)
    assert two[1].weight == heaviest.weight


def test_a_plan_out_of_time_leaves_out_the_lightest_contingencies(neurips, programs, monkeypatch):
    """A look takes a second here."""
    observation, contingencies = neurips.get_obs(), ATTACKED[::-1]
    played, cuts = [], []
    for seconds in (math.inf, 100, 2, 0):
        rule = rule_of(neurips, contingencies=contingencies)
        cases = rule.rule._planner._cases
        looks = Looks(cases._sensitivity)
        monkeypatch.setattr(cases, "_sensitivity", looks)
        monkeypatch.setattr(time, "perf_counter", lambda looks=looks: looks.number)
        clock = Clock()
        clock.limit(seconds)
        played.append(redispatched(rule, observation, clock))
        cuts.append(clock.was_cut)
    assert cuts == [False, False, True, True]
    require_the_heaviest(observation, list(neurips.name_line), contingencies, programs, played)


def test_a_plan_out_of_simulations_leaves_out_the_lightest_contingencies(neurips, programs):
    """A state takes a power flow; what doing nothing leads to takes none."""
    observation, contingencies = neurips.get_obs(), ATTACKED[::-1]
    played, cuts = [], []
    for simulations in (math.inf, 4, 2, 1):
        rule, clock = rule_of(neurips, contingencies=contingencies), Clock(simulations)
        played.append(redispatched(rule, observation, clock))
        cuts.append(clock.was_cut)
    assert cuts == [False, False, True, True]
    require_the_heaviest(observation, list(neurips.name_line), contingencies, programs, played)


def test_cases_stand_in_the_order_of_the_contingencies(neurips, programs):
    rule_of(neurips, contingencies=ATTACKED).decide(neurips.get_obs())
    names = list(neurips.name_line)
    lost = [
        int(np.flatnonzero(case.rho[[names.index(line) for line in ATTACKED]] == 0).item())
        for case in programs[0][1:]
    ]
    assert lost == [0, 1, 2]


def test_each_loss_has_the_limit_and_the_weight_of_its_chance(neurips, programs):
    observation, names = neurips.get_obs(), list(neurips.name_line)
    values = [(-3.6, 18.0, 0.0, 0.0), (-2.7, 14.0, 0.0, 0.0), (0.5, 10.0, 0.0, 0.0)]
    settings = {"redispatch_chance": 0.05, "redispatch_weight": 1000.0}
    rule_of(neurips, contingencies=ATTACKED, attack_values=values, **settings).decide(observation)
    limits, costs = AttackLimits(1.0, 0.05, AttackValue(3, values, ())).at(observation, None)
    assert [case.limit for case in programs[0][1:]] == pytest.approx(limits.tolist())
    shares = draw_shares(observation.rho[[names.index(line) for line in ATTACKED]], ())
    weights = [case.weight for case in programs[0][1:]]
    assert weights == pytest.approx((1000 * shares * costs).tolist())


@pytest.mark.parametrize(("steps", "cases"), [(0, 1), (5, 1), (6, 2)])
def test_planned_maintenance_is_a_loss_of_all_its_lines(neurips, programs, steps, cases):
    observation, names = neurips.get_obs(), list(neurips.name_line)
    lines = [names.index(line) for line in ATTACKED[:2]]
    observation.time_next_maintenance[:] = -1
    observation.time_next_maintenance[lines] = 6
    rule_of(neurips, redispatch_maintenance=steps, redispatch_weight=700.0).decide(observation)
    assert len(programs[0]) == cases
    for case in programs[0][1:]:
        assert set(lines) <= set(np.flatnonzero(case.rho == 0).tolist())
        assert case.weight == 700.0


@pytest.mark.parametrize("chance", [0, 0.05])
def test_protections_count_beyond_limits_alone(neurips, programs, chance):
    observation, line = neurips.get_obs(), ATTACKED[0]
    observation.time_next_maintenance[:] = -1
    observation.time_next_maintenance[list(neurips.name_line).index(ATTACKED[1])] = 6
    settings = {"redispatch_maintenance": 6, "redispatch_weight": 700.0, "exposed": ATTACKED[2:]}
    settings |= {"contingencies": [line], "redispatch_chance": chance}
    rule_of(neurips, protections=True, redispatch_limit=0.9, **settings).decide(observation)
    present, attack, maintenance, exposed, *again = programs[0]
    assert exposed.weight.shape == (len(neurips.name_line),)
    limited = [present, maintenance] if chance else [present, attack, maintenance]
    assert [case.weight for case in again] == [10 * case.weight for case in limited]
    assert [case.limit for case in again] == [0.99] * len(limited)


def test_maintenance_of_a_line_that_is_out_is_no_loss(neurips, programs):
    observation, line = neurips.get_obs(), list(neurips.name_line).index(ATTACKED[0])
    observation.time_next_maintenance[line] = 6
    observation.line_status[line] = False
    positions = Positions.from_grid2op(neurips)
    observation.topo_vect[[positions.origin[line], positions.extremity[line]]] = -1
    rule_of(neurips, redispatch_maintenance=6).decide(observation)
    assert len(programs[0]) == 1


@pytest.mark.parametrize(("seconds", "cases"), [(1000.0, 4), (1e-9, 1)])
def test_a_calm_step_plans_no_longer_than_a_decision_may_take(neurips, programs, seconds, cases):
    manager = manager_of(neurips, contingencies=ATTACKED, seconds=seconds)
    assert neurips.get_obs().rho.max() < manager.settings.critical_rho
    decision = manager.decide(neurips.get_obs(), legal_in_order)
    assert [len(cases_of_one) for cases_of_one in programs] == [cases]
    assert decision.cut is (cases == 1)


def test_a_calm_grid_is_planned_for_every_so_many_steps(neurips, programs):
    rule = rule_of(neurips, redispatch_every=3)
    counts = []
    for _ in range(7):
        rule.decide(neurips.get_obs())
        counts.append(len(programs))
        wait(neurips)
    assert counts == [1, 1, 1, 2, 2, 2, 3]


def test_a_calm_step_without_time_to_spare_makes_no_plan(neurips, programs):
    clock = Clock()
    clock.limit(math.inf, has_spare=False)
    assert rule_of(neurips, contingencies=ATTACKED).decide(neurips.get_obs(), clock) is None
    assert not programs
    overloaded = overload(neurips, (1.01,))
    assert rule_of(neurips, contingencies=ATTACKED).decide(overloaded, clock) is not None
    assert len(programs) == 1


@pytest.mark.parametrize("redispatch", [True, False])
@pytest.mark.parametrize("key", ["contingencies", "exposed", "outages"])
def test_a_line_that_is_not_there_is_named(neurips, redispatch, key):
    message = f"overload.{key}: the grid has no line '62_58'. Did you mean '62_58_180'?"
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        manager_of(neurips, **{key: ("62_58",)}, redispatch=redispatch)
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        OverloadSettings(**{key: ("62_58",)}).require_lines(neurips.name_line)


def test_an_observation_of_the_stepper_is_decided_alike(neurips):
    simulator = batch_simulator(neurips)
    with closing(open_engine("fast", Scenarios("l2rpn_neurips_2020_track1"))) as engine:
        scenario = engine.scenarios[0]
        observations = engine.start(scenario, 0).observation, start_episode(neurips, scenario, 0)
    decision, other = (
        manager_of(neurips, simulator, contingencies=ATTACKED).decide(observation, legal_in_order)
        for observation in observations
    )
    assert decision.action.part(Redispatch) is not None
    np.testing.assert_allclose(decision.action.redispatch, other.action.redispatch, atol=0.05)
    assert decision.rule == "redispatching"
    assert decision.redispatched_mw > 1
    assert decision.outcome is None


def names_of(manager):
    return [rule.name for rule in manager.rules]


def test_without_generators_to_move_the_log_says_so(neurips, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    assert "redispatching" in names_of(manager_of(neurips))
    fixed = np.zeros(neurips.n_gen, dtype=bool)
    monkeypatch.setattr(type(neurips.action_space), "gen_redispatchable", fixed)
    assert "redispatching" not in names_of(manager_of(neurips))
    assert "no redispatching: no generator of this grid can be moved" in caplog.text


def test_where_it_cannot_be_had_the_log_says_why(neurips, caplog):
    caplog.set_level(logging.INFO)
    assert "redispatching" not in names_of(manager_of(neurips, SIMULATOR))
    assert "no redispatching: candidates are not evaluated in batches" in caplog.text


def test_where_actions_cannot_redispatch_the_log_says_so(neurips, caplog):
    caplog.set_level(logging.INFO)
    keys = grid_of(neurips).action_keys - {"redispatch"}
    manager = situations.manager_of(
        neurips, batch_simulator(neurips), grid_of(neurips, action_keys=keys), redispatch=True
    )
    assert "redispatching" not in names_of(manager)
    assert "no redispatching: actions of this environment cannot" in caplog.text
