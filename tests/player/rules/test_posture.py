"""A split is held in which the next attack is less harmful, while one may come."""

import numpy as np
import pytest

from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules import posture as module
from powrl.player.rules.attack_pause import LEAD_STEPS, PauseCounter
from powrl.player.rules.attack_risk import AttackRisk
from powrl.player.rules.memory import EpisodeMemory
from powrl.player.rules.posture import Posture
from powrl.player.rules.posture_memory import PostureMemory
from powrl.player.rules.recovery import Recovery
from powrl.player.rules.redispatching import Redispatching
from powrl.player.rules.rule import Phase
from powrl.player.rules.splits import topology_of
from tests.player.rules.situations import actions_of, manager_of, play, rule_of, situation_of, wait

SETTINGS = {
    "contingencies": ["62_58_180", "44_45_126"],
    "postures": [3, 17],
    "posture_rho": 1.5,
    "posture_every": 4,
    "attack_pause": 288,
}


class Game:
    """The rule, step after step of an episode of the grid of 36 substations."""

    def __init__(self, environment, monkeypatch, **settings):
        self.environment, self.simulator = environment, batch_simulator(environment)
        self.actions = actions_of(environment, maximum_elements=5)
        self.settings = {**SETTINGS, **settings}
        self.rule = rule_of(Posture, environment, self.simulator, **self.settings)
        self.memory = EpisodeMemory()
        self.looks, self.simulated = set(), 0
        monkeypatch.setattr(AttackRisk, "risks", self._risks)
        self.risks = {(): 0.5, (3,): 0.4, (17,): 0.3}

    def _risks(self, situation, state, topologies):
        """Scripted risks of the topologies that splits make; 0.5 where there is none."""
        self.looks.add(int(situation.observation.current_step))
        self.simulated += len(topologies)
        firsts, seconds = self.settings["postures"], self.settings.get("posture_additions", [])
        splits = [(), *((first,) for first in firsts)]
        splits += [(first, second) for first in firsts for second in seconds]
        by_topology = {
            topology_of(self.actions, state.topology, one).tobytes(): one for one in splits
        }
        return np.array([self.risks.get(by_topology[one.tobytes()], 0.5) for one in topologies])

    def situation(self):
        return situation_of(
            self.environment,
            self.environment.get_obs(),
            self.simulator,
            memory=self.memory,
            actions=self.actions,
        )

    def decide(self, rule=None):
        situation = self.situation()
        return (rule or self.rule).apply(situation, situation.nothing)

    def split_of(self, number):
        """Busbars of the substation of an action."""
        return self.actions.actions[number].busbars


@pytest.fixture
def game(neurips, monkeypatch):
    wait(neurips)
    return Game(neurips, monkeypatch)


def test_the_split_with_the_least_risk_is_played(game):
    decision = game.decide()
    assert decision.rule == "posture"
    assert decision.choice == game.actions.describe(17)
    assert "next attack" in decision.why
    observation, _, done, info = play(game.environment, decision.action)
    assert not done
    assert not info["is_illegal"]
    part = game.rule.grid.positions.part(game.actions.actions[17].substation)
    assert tuple(observation.topo_vect[part]) == game.split_of(17)


def test_what_is_held_already_is_left_alone(game):
    play(game.environment, game.decide().action)
    assert game.decide().rule == "nothing"


def test_a_split_that_gains_little_is_not_played(game):
    game.risks[3,] = game.risks[17,] = 0.5 - module.MIN_GAIN
    assert game.decide().rule == "nothing"


def test_no_split_is_simulated_where_none_can_gain_enough(game):
    game.risks[()] = module.MIN_GAIN
    assert game.decide().rule == "nothing"
    assert game.simulated == 1
    game.memory.part(PostureMemory).next_at = 0
    game.risks |= {(): 2 * module.MIN_GAIN, (17,): module.MIN_GAIN / 2}
    assert game.decide().rule == "posture"
    assert game.simulated == 4


def test_a_split_that_loads_lines_too_much_is_not_considered(neurips, monkeypatch):
    wait(neurips)
    game = Game(neurips, monkeypatch, posture_rho=0.01)
    assert game.decide().rule == "nothing"
    assert game.memory.part(PostureMemory).splits == ()


def test_risks_are_looked_at_once_in_some_steps(game):
    for _ in range(8):
        game.decide()
        wait(game.environment)
    assert len(game.looks) == 2


def test_the_nominal_topology_is_held_again_where_a_split_gains_nothing(game):
    play(game.environment, game.decide().action)
    game.risks[17,] = game.risks[3,] = 0.5
    game.memory.part(PostureMemory).next_at = 0
    game.decide()
    assert game.memory.part(PostureMemory).splits == ()


def test_the_recovery_leaves_what_is_held(game):
    recovery = rule_of(Recovery, game.environment, game.simulator, recovery_rho=2.0)
    play(game.environment, game.decide().action)
    wait(game.environment)
    while game.environment.get_obs().time_before_cooldown_sub.any():
        wait(game.environment)
    game.decide()
    assert game.decide(recovery).rule == "nothing"
    game.memory.part(PostureMemory).leave()
    assert game.decide(recovery).rule == "recovery"


def test_nothing_is_held_while_no_attack_may_come(game):
    counter = game.memory.part(PauseCounter)
    counter.step, counter.left = int(game.environment.get_obs().current_step), 288
    game.decide()
    assert game.memory.part(PostureMemory).splits == (17,)
    counter.left = 288 + LEAD_STEPS + 2
    game.decide()
    assert game.memory.part(PostureMemory).splits == ()
    assert game.memory.part(PostureMemory).substations == frozenset()


def test_a_split_elsewhere_is_recovered_first(game):
    play(game.environment, game.actions.played_in(game.environment.get_obs().topo_vect, 30))
    assert game.actions.actions[30].substation != game.actions.actions[17].substation
    assert game.decide().rule == "nothing"
    assert game.memory.part(PostureMemory).splits == (17,)


def split_elsewhere(game, *numbers):
    """An action that splits a substation which some others do not change."""
    substations = game.actions.substations
    return next(
        number
        for number, action in enumerate(game.actions)
        if 2 in action.busbars and substations[number] not in substations[list(numbers)]
    )


@pytest.fixture
def pair(game):
    """A game in which 17 and an action of another substation are best together."""
    second = split_elsewhere(game, 3, 17)
    game.settings["posture_additions"] = [second]
    game.rule = rule_of(Posture, game.environment, game.simulator, **game.settings)
    game.risks |= {(3, second): 0.35, (17, second): 0.2}
    return game, second


def test_two_splits_are_taken_up_one_after_the_other_and_held(pair):
    game, second = pair
    first = game.decide()
    assert first.choice == game.actions.describe(17)
    play(game.environment, first.action)
    then = game.decide()
    assert then.choice == game.actions.describe(second)
    observation, _, done, info = play(game.environment, then.action)
    assert not done
    assert not info["is_illegal"]
    split = topology_of(game.actions, np.ones_like(observation.topo_vect), (17, second))
    assert (observation.topo_vect == split).all()
    assert game.decide().rule == "nothing"


def test_an_addition_that_gains_little_is_not_held(pair):
    game, second = pair
    game.risks[17, second] = game.risks[17,] - module.MIN_GAIN / 2
    game.decide()
    assert game.memory.part(PostureMemory).splits in {(17,), (17, second)}
    game.memory.part(PostureMemory).hold((17,), game.actions)
    game.memory.part(PostureMemory).next_at = 0
    game.decide()
    assert game.memory.part(PostureMemory).splits == (17,)


def test_an_addition_is_left_that_gains_nothing_any_more(pair):
    game, second = pair
    game.decide()
    assert game.memory.part(PostureMemory).splits == (17, second)
    game.risks[17, second] = game.risks[17,] - module.NO_GAIN / 2
    game.memory.part(PostureMemory).next_at = 0
    game.decide()
    assert game.memory.part(PostureMemory).splits == (17,)


def test_the_recovery_leaves_both_splits(pair):
    game, _ = pair
    recovery = rule_of(Recovery, game.environment, game.simulator, recovery_rho=2.0)
    for _ in range(2):
        play(game.environment, game.decide().action)
    while game.environment.get_obs().time_before_cooldown_sub.any():
        wait(game.environment)
        game.decide()
    assert game.decide(recovery).rule == "nothing"
    game.memory.part(PostureMemory).leave()
    assert game.decide(recovery).rule == "recovery"


@pytest.mark.parametrize("missing", ["postures", "contingencies"])
def test_without_postures_or_attacks_the_rule_is_off(neurips, missing):
    manager = manager_of(neurips, batch_simulator(neurips), **{**SETTINGS, missing: []})
    assert Posture not in map(type, manager.rules)


def test_postures_need_no_redispatching(neurips):
    manager = manager_of(neurips, batch_simulator(neurips), **SETTINGS)
    assert Posture in map(type, manager.rules)
    assert Redispatching not in map(type, manager.rules)


def test_attacks_in_overloaded_steps_are_counted(neurips, monkeypatch):
    game = Game(neurips, monkeypatch)
    counter = game.memory.part(PauseCounter)
    assert Posture.phase is Phase.ALWAYS
    limits = neurips.get_thermal_limit()
    neurips.set_thermal_limit(limits * neurips.get_obs().rho.max() / 1.1)
    wait(neurips)
    game.decide()
    assert counter.step == neurips.get_obs().current_step
    assert not game.looks


def test_a_look_ends_where_the_simulations_do(neurips):
    simulator, actions = batch_simulator(neurips), actions_of(neurips, maximum_elements=5)
    clock = Clock(10)
    situation = situation_of(neurips, neurips.get_obs(), simulator, clock=clock, actions=actions)
    rule = rule_of(Posture, neurips, simulator, **SETTINGS)
    rule.apply(situation, situation.nothing)
    assert clock.was_cut
    assert situation.memory.part(PostureMemory).splits == ()
