"""What corrects the loss of a line, whatever the step of the search allows."""

from dataclasses import replace

import numpy as np

from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.corrections import Corrections
from tests.player.rules.situations import actions_of, situation_of, wait


class Loss:
    """The grid of 36 substations after the loss of a line."""

    def __init__(self, environment, **settings):
        observation = wait(environment)
        self.simulator = batch_simulator(environment)
        self.actions = actions_of(environment, maximum_elements=5)
        self.situation = situation_of(
            environment, observation, self.simulator, actions=self.actions, **settings
        )
        line = list(environment.name_line).index("62_58_180")
        self.state = self.situation.state.without_line(self.simulator.positions, line)

    def best(self, state, limit=1.0, actions=1):
        return Corrections(self.simulator, limit, actions, 24).best(self.situation, state)


def test_cooldowns_of_the_search_keep_no_correction_away(neurips):
    loss = Loss(neurips)
    busy = replace(loss.state, substation_cooldown=np.full_like(loss.state.substation_cooldown, 2))
    np.testing.assert_array_equal(loss.best(busy).loads, loss.best(loss.state).loads)
    assert len(loss.best(busy).loads) > 1


def test_no_pair_begins_with_an_action_that_ends_the_episode(neurips, monkeypatch):
    loss, bases = Loss(neurips), []

    def loads_of(_, __, state, numbers):
        bases.append(state.topology)
        loads = np.full(len(numbers), np.inf)
        loads[[5, 7]] = 1.2, 1.1
        return loads

    monkeypatch.setattr(Corrections, "_loads_of", loads_of)
    topologies = loss.best(loss.state, 0.0, 2).topologies
    played = [
        loss.actions.played_in(loss.state.topology, number).changed_topology(loss.state.topology)
        for number in (7, 5)
    ]
    np.testing.assert_array_equal(bases[1:], played)
    assert len(topologies) == 2 + 2 * 2


def test_screening_finds_the_best_among_few(neurips, monkeypatch):
    loss, screened = Loss(neurips), Loss(neurips, screened=30)
    best, solved, loads_of = loss.best(loss.state, 0.0, 2), [], Corrections._loads_of

    def counted(self, situation, state, numbers):
        solved.append(len(numbers))
        return loads_of(self, situation, state, numbers)

    monkeypatch.setattr(Corrections, "_loads_of", counted)
    correction = screened.best(screened.state, 0.0, 2)
    np.testing.assert_allclose(correction.loads[:5], best.loads[:5], atol=0.005)
    assert len(screened.actions) > 60
    assert solved == [30] * 5


def test_all_corrections_are_solved_where_nothing_can_be_estimated(neurips, monkeypatch):
    loss = Loss(neurips, screened=30)
    monkeypatch.setattr(loss.simulator, "estimate_topologies", lambda *_: None)
    np.testing.assert_array_equal(loss.best(loss.state).loads, Loss(neurips).best(loss.state).loads)
