"""The overload manager: its rules in order, within a budget, each episode anew."""

import copy
import itertools
import json
import logging
import time

import numpy as np
import pytest

from powrl.environments.episodes import start_episode
from powrl.player.actions.action_set import ActionSet
from powrl.player.agent import PowRLAgent
from powrl.player.agent_folder import AgentSettings
from powrl.player.grid.layout import GridLayout
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.rule import Phase
from powrl.player.rules.settings import OverloadSettings
from powrl.reduction.enumeration import unitary_topologies
from tests.player.rules.situations import (
    SIMULATOR,
    actions_of,
    disconnect,
    grid_of,
    legal_in_order,
    manager_of,
    overload,
    play,
    split,
    wait,
)

LINE = 5
ATTACKED = ("48_50_136", "48_53_141", "62_58_180")
ALL_RULES = {
    **{"safe_rho": 0.0, "candidates": 10_000, "plan_goal": 0.5, "plan_width": 2, "plan_depth": 2},
    **{"redispatch": True, "contingencies": ATTACKED},
}


def until_overloaded(environment, manager):
    observation = start_episode(environment, 0, 0)
    while observation.rho.max() < manager.settings.critical_rho:
        observation = wait(environment)
    return observation


def one_choice(choice):
    """The ranking of a learner: the one action that it chose."""
    return lambda _: [choice]


def described(decision, observation):
    """All there is to a decision, to be compared."""
    reason = json.dumps(decision.to_json(observation))
    arrays = [part.values.tolist() for part in decision.action.parts]
    return reason, arrays


def test_a_calm_grid_is_left_alone(case14):
    decision = manager_of(case14).decide(case14.get_obs(), legal_in_order)
    assert decision.rule == "nothing"
    assert decision.action.is_nothing


def test_an_overload_is_remedied_in_the_order_of_the_policy(case14):
    manager = manager_of(case14, critical_rho=0.9, safe_rho=0.0, candidates=7)
    observation = until_overloaded(case14, manager)
    questions = []

    def reverse(situation):
        questions.append((situation.observation, situation.allowed))
        return np.flatnonzero(situation.allowed)[::-1]

    decision = manager.decide(observation, reverse)
    ((seen, allowed),) = questions
    assert seen is observation
    np.testing.assert_array_equal(allowed, manager.situation(observation, legal_in_order).allowed)
    best = np.flatnonzero(allowed)[::-1][:7]
    labels = [manager.actions.describe(choice - 1) for choice in best]
    assert [candidate.label for candidate in decision.candidates] == ["do nothing", *labels]


def test_a_policy_is_not_asked_in_a_calm_grid(case14):
    def never(situation):
        raise AssertionError(situation)

    manager_of(case14).decide(case14.get_obs(), never)
    with pytest.raises(AssertionError):
        manager_of(case14, critical_rho=0.1).decide(case14.get_obs(), never)


def test_a_reconnection_is_played_with_the_remedy(case14):
    manager = manager_of(case14, critical_rho=0.3, safe_rho=0.0, candidates=5)
    observation = disconnect(case14, LINE)
    decision = manager.decide(observation, legal_in_order)
    reconnection = decision.candidates[0].label
    assert reconnection.startswith("reconnect ")
    assert len(decision.candidates) == 6
    for candidate in decision.candidates[1:]:
        assert candidate.label.startswith(f"{reconnection}, sub_")
    for candidate in decision.candidates:
        assert candidate.action.set_line_status[LINE] == 1
        assert candidate.outcome.legal


@pytest.mark.parametrize("reconnect", [True, False])
def test_reconnection_can_be_switched_off(case14, reconnect):
    manager, observation = manager_of(case14, reconnect=reconnect), disconnect(case14, LINE)
    observation.rho[:] = 0.5  # calm
    decision = manager.decide(observation, legal_in_order)
    assert decision.rule == ("reconnection" if reconnect else "nothing")


@pytest.mark.parametrize("recover", [True, False])
def test_recovery_can_be_switched_off(case14, recover):
    observation = split(case14)
    manager = manager_of(case14, recover=recover, critical_rho=2.0, recovery_rho=2.0)
    decision = manager.decide(observation, legal_in_order)
    assert decision.rule == ("recovery" if recover else "nothing")


def test_a_single_choice_is_played_only_when_it_does_no_harm(case14):
    manager = manager_of(case14, critical_rho=0.3, safe_rho=0.0)
    observation = case14.get_obs()
    chosen = set()
    for choice in np.flatnonzero(manager.situation(observation, legal_in_order).allowed):
        decision = manager.decide(observation, one_choice(choice))
        assert decision.rule == "remedy"
        nothing, *rest = decision.candidates
        labels = [candidate.label for candidate in rest]
        assert labels == [manager.actions.describe(choice - 1)] * bool(choice)
        better = bool(rest) and rest[0].outcome.max_rho < nothing.outcome.max_rho
        assert decision.choice == (rest[0].label if better else "do nothing")
        chosen.add(better)
    assert chosen == {True, False}


def test_every_decision_is_legal_and_explained(neurips):
    layout = GridLayout.from_grid2op(neurips)
    actions = ActionSet(layout, unitary_topologies(layout, maximum_elements=6).actions)
    manager = manager_of(neurips, actions=actions, critical_rho=0.8, candidates=5)
    observation, rules = start_episode(neurips, 1, 1), set()
    for _ in range(400):
        decision = manager.decide(observation, legal_in_order)
        reason = decision.to_json(observation)
        rules.add(decision.rule)
        assert reason["rule"] == decision.rule
        assert bool(reason["candidates"]) is (decision.rule != "nothing")
        observation, _, done, info = play(neurips, decision.action)
        assert not info["is_illegal"]
        assert not info["is_ambiguous"]
        if done:
            break
    assert {"nothing", "remedy"} <= rules


def test_ranks_are_those_of_the_outcomes_on_top_of_a_reconnection(case14):
    manager = manager_of(case14, critical_rho=0.3, safe_rho=0.0, candidates=10_000)
    observation = disconnect(case14, LINE)
    situation = manager.situation(observation, legal_in_order)
    ranks = manager.ranks(situation)
    decision = manager.decide(observation, legal_in_order)
    allowed = situation.allowed
    assert decision.candidates[0].action.set_line_status[LINE] == 1
    expected = [situation.rank(candidate.outcome) for candidate in decision.candidates]
    np.testing.assert_allclose(ranks[allowed], expected, rtol=1e-6)
    assert np.isinf(ranks[~allowed]).all()
    assert ranks.shape == (len(manager.actions) + 1,)


def rule_names(manager):
    return [rule.name for rule in manager.rules]


def test_rules_that_cannot_be_had_are_logged_and_the_others_go_on(neurips, caplog):
    caplog.set_level(logging.INFO)
    actions = actions_of(neurips, maximum_elements=4)
    manager = manager_of(neurips, SIMULATOR, actions=actions, redispatch=True)
    assert rule_names(manager) == ["reconnection", "recovery", "remedy", "reclosing"]
    messages = [record.getMessage() for record in caplog.records if "rules" in record.name]
    assert messages == [
        "no plan: candidates are not evaluated in batches",
        "no redispatching: candidates are not evaluated in batches",
    ]
    caplog.clear()
    manager = manager_of(neurips, batch_simulator(neurips), actions=actions, redispatch=True)
    assert rule_names(manager) == [
        *("reconnection", "recovery", "remedy", "plan", "redispatching", "reclosing"),
    ]
    assert not [record for record in caplog.records if "rules" in record.name]


def test_rules_that_are_off_are_not_made(neurips, caplog):
    caplog.set_level(logging.INFO)
    off = {"reconnect": False, "recover": False, "plan": False}
    assert rule_names(manager_of(neurips, SIMULATOR, **off)) == ["remedy"]
    assert "no " not in caplog.text


@pytest.fixture
def overloaded(neurips):
    return overload(neurips)


class TestBudget:
    def test_the_simulations_cut_a_decision(self, neurips, overloaded):
        settings = {"safe_rho": 0.0, "candidates": 10_000, "plan": False}
        simulator = batch_simulator(neurips)
        cut, whole = (
            manager_of(neurips, simulator, simulations=number, **settings).decide(
                overloaded, legal_in_order
            )
            for number in (1, 20_000)
        )
        assert cut.cut
        assert len(cut.candidates) == simulator.batch_size
        assert cut.to_json(overloaded)["cut"] is True
        assert not whole.cut
        assert len(whole.candidates) > 1_000
        assert "cut" not in whole.to_json(overloaded)

    def test_cut_decisions_are_those_whatever_the_time(self, neurips, overloaded, monkeypatch):
        settings = {"safe_rho": 0.0, "candidates": 10_000, "plan": False, "simulations": 20}
        decisions = []
        for second in (1e-9, 1e6):
            ticks = itertools.count(0.0, second)
            monkeypatch.setattr(time, "perf_counter", lambda ticks=ticks: next(ticks))
            manager = manager_of(neurips, batch_simulator(neurips), **settings)
            decision = manager.decide(overloaded, legal_in_order)
            decisions.append(described(decision, overloaded))
        assert decisions[0] == decisions[1]

    def test_simulations_are_those_of_one_decision(self, neurips, overloaded):
        actions = actions_of(neurips, maximum_elements=4)
        whole = len(np.flatnonzero(actions.allowed(overloaded))) + 1
        manager = manager_of(
            neurips,
            batch_simulator(neurips),
            actions=actions,
            safe_rho=0.0,
            candidates=10_000,
            plan=False,
            simulations=whole,
        )
        for _ in range(3):
            assert not manager.decide(overloaded, legal_in_order).cut

    def test_a_cut_plan_of_the_generators_cuts_the_decision(self, neurips):
        observation = neurips.get_obs()
        decisions = [
            manager_of(
                neurips,
                batch_simulator(neurips),
                actions=actions_of(neurips, maximum_elements=4),
                simulations=number,
                **ALL_RULES,
            ).decide(observation, legal_in_order)
            for number in (1, 20_000)
        ]
        assert [decision.rule for decision in decisions] == ["nothing", "redispatching"]
        assert [decision.cut for decision in decisions] == [True, False]

    def test_the_agent_counts_cut_decisions(self, neurips, overloaded):
        settings = OverloadSettings(safe_rho=0.0, candidates=10_000, plan=False, simulations=1)
        agent = PowRLAgent(
            neurips.action_space,
            AgentSettings("l2rpn_neurips_2020_track1", (), settings),
            actions_of(neurips),
            None,
            batch_simulator(neurips),
        )
        calm = overloaded.copy()
        calm.rho[:] = 0.5
        counts = []
        for observation in (calm, overloaded, calm, overloaded):
            agent.act(observation, 0.0)
            counts.append(agent.cut_decisions)
        assert agent.decide(overloaded).cut
        assert counts == [0, 1, 1, 2]
        assert agent.cut_decisions == 3
        assert agent.failed_decisions == 0

    def test_once_all_time_is_spent_nothing_is_done(self, neurips, overloaded):
        manager = manager_of(
            neurips, batch_simulator(neurips), plan=False, total_seconds=1.0, total_steps=9
        )
        assert manager.decide(overloaded, legal_in_order).rule == "remedy"
        manager.time.count(1.0, searched=True)
        decision = manager.decide(overloaded, legal_in_order)
        assert decision.action.is_nothing
        assert decision.rule == "nothing"
        assert decision.cut
        situation = manager.situation(overloaded, legal_in_order)
        assert manager.warn(situation, decision) is decision

    @pytest.fixture
    def decided(self, neurips, overloaded, monkeypatch):
        """The decisions on three overloaded steps and two calm ones, as time goes by."""
        observations = [overloaded, wait(neurips), wait(neurips)]
        for step in range(2):
            calm = observations[-1].copy()
            calm.current_step += 1 + step
            calm.rho[:] *= 0.5
            observations.append(calm)
        simulator, actions = batch_simulator(neurips), actions_of(neurips, maximum_elements=5)

        def decide(ticks, **settings):
            manager = manager_of(neurips, simulator, actions=actions, **ALL_RULES, **settings)
            with monkeypatch.context() as patch:
                patch.setattr(time, "perf_counter", lambda: next(ticks))
                decisions = [
                    manager.decide(observation, legal_in_order) for observation in observations
                ]
            return [
                described(decision, observation)
                for decision, observation in zip(decisions, observations, strict=True)
            ], [decision.cut for decision in decisions]

        return decide

    def test_without_seconds_the_time_decides_nothing(self, decided):
        decisions, cut = decided(itertools.count(0.0, 1e-9))
        assert not any(cut)
        rules = {json.loads(reason)["rule"] for reason, _ in decisions}
        assert {"plan", "redispatching"} <= rules
        for jump in (1e6, -1e6):
            assert decided(itertools.count(0.0, jump)) == (decisions, cut)

    def test_with_seconds_it_does(self, decided):
        decisions, _ = decided(itertools.count(0.0, 1e-9), seconds=1.0)
        others, cut = decided(itertools.count(0.0, 1e6), seconds=1.0)
        assert all(cut[:3])
        assert others != decisions

    def test_seconds_that_are_never_reached_change_nothing(self, decided):
        assert decided(itertools.count(0.0, 1e-9), seconds=1.0) == decided(
            itertools.count(0.0, 1e-9)
        )


class Seen:
    """What a rule may remember."""

    steps = 0


class TestMemory:
    @pytest.mark.parametrize("is_told", [True, False])
    @pytest.mark.parametrize("step", [0, 2, 3])
    def test_it_is_emptied_when_another_episode_begins(self, case14, is_told, step):
        manager, observation = manager_of(case14), case14.get_obs()
        for earlier in (1, 2, 3):
            observation.current_step = earlier
            memory = manager.situation(observation, legal_in_order).memory
            memory.part(Seen).steps += 1
        assert memory.part(Seen).steps == 3
        if is_told:
            manager.reset()
        observation.current_step = step
        memory = manager.situation(observation, legal_in_order).memory
        assert memory is manager.memory
        assert memory.part(Seen).steps == 0

    def test_it_is_kept_in_an_episode(self, case14):
        manager, observation = manager_of(case14), case14.get_obs()
        memories = set()
        for step in (0, 1, 5):
            observation.current_step = step
            memories.add(manager.situation(observation, legal_in_order).memory)
        assert memories == {manager.memory}

    def test_told_of_an_episode_it_begins_at_any_step(self, case14):
        manager, observation = manager_of(case14), case14.get_obs()
        observation.current_step = 3
        manager.situation(observation, legal_in_order).memory.part(Seen).steps = 9
        manager.reset()
        observation.current_step = 4
        assert manager.situation(observation, legal_in_order).memory.part(Seen).steps == 0

    @pytest.fixture
    def make(self, neurips):
        """A manager with every rule there is, alarms and alerts included."""
        grid = grid_of(
            neurips,
            alarm_areas=(tuple(range(30)), tuple(range(30, neurips.n_line))),
            alertable_lines=np.arange(5),
        )
        simulator, actions = batch_simulator(neurips), actions_of(neurips, maximum_elements=5)

        def make():
            return manager_of(
                neurips, simulator, grid, actions, alarm=True, alert=True, **ALL_RULES
            )

        return make

    @staticmethod
    def decide(manager, observation):
        situation = manager.situation(observation, legal_in_order)
        decision = manager.warn(situation, manager.decide_in(situation))
        return described(decision, observation)

    @pytest.fixture
    def observations(self, neurips, overloaded):
        seen = [overloaded, wait(neurips), wait(neurips)]
        for observation in seen:  # this grid has no alarms and no alerts
            object.__setattr__(observation, "attention_budget", np.array([2.0]))
            object.__setattr__(observation, "time_since_last_attack", np.full(5, -1))
        return seen

    @pytest.mark.parametrize("is_told", [True, False])
    def test_all_rules_begin_an_episode_anew(self, make, observations, is_told):
        manager = make()
        assert rule_names(manager) == [
            *("reconnection", "recovery", "remedy", "plan", "redispatching", "reclosing"),
            *("alarm", "alert"),
        ]
        first = [self.decide(manager, observation) for observation in observations]
        if is_told:
            manager.reset()
        assert [self.decide(manager, observation) for observation in observations] == first
        again = self.decide(manager, observations[-1])  # of one more episode
        assert again != first[-1]
        assert again == self.decide(make(), observations[-1])

    def test_rules_themselves_remember_nothing(self, make, observations):
        manager = make()
        before = [copy.copy(vars(rule)) for rule in manager.rules]
        for observation in observations:
            self.decide(manager, observation)
        for rule, attributes in zip(manager.rules, before, strict=True):
            assert vars(rule).keys() == attributes.keys()
            assert all(vars(rule)[name] is value for name, value in attributes.items())

    def test_a_branch_has_a_memory_of_its_own(self, make, observations):
        manager = make()
        first = [self.decide(manager, observation) for observation in observations[:2]]
        branch = manager.memory.copy()
        third = self.decide(manager, observations[2])
        manager.memory = branch
        assert self.decide(manager, observations[2]) == third
        assert len(first) == 2


def test_warnings_are_raised_by_rules_of_their_phase_alone(case14):
    grid = grid_of(case14, alertable_lines=np.arange(case14.n_line))
    simulator = batch_simulator(case14)
    manager = manager_of(case14, simulator, grid, alert=True)
    assert [rule.name for rule in manager.rules if rule.phase is Phase.WARNING] == ["alert"]
    observation = case14.get_obs()
    observation.time_since_last_attack = np.full(case14.n_line, -1)
    situation = manager.situation(observation, legal_in_order)
    decision = manager.decide_in(situation)
    assert decision.action.is_nothing
    warned = manager.warn(situation, decision)
    assert not warned.action.is_nothing
    assert not warned.action.set_bus.any()
    assert not warned.action.set_line_status.any()
