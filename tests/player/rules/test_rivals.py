"""Candidates that compete with a decision by their plans of the generators."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.decision import Candidate
from powrl.player.rules.rivals import rivals
from tests.player.rules.situations import actions_of, overload, situation_of, wait


@pytest.fixture
def protected(neurips):
    """A step in which the protections open the most loaded line, unless an action relieves it."""
    overload(neurips, (1.1,))
    for _ in range(2):
        wait(neurips)
    return neurips


def alive_among(candidates):
    return [one for one in candidates if one.outcome.max_rho < np.inf]


def opens(situation, candidate):
    (solution,) = situation.solved.solve([candidate.action])
    before = solution.topology_before_protections
    return bool(((before > 0) & (solution.topology < 0)).any())


def decided(environment):
    """The situation, and the decision for the best action after which no line opens."""
    actions = actions_of(environment, maximum_elements=5)
    situation = situation_of(
        environment, environment.get_obs(), batch_simulator(environment), actions=actions
    )
    topology = environment.get_obs().topo_vect
    played = [actions.played_in(topology, number) for number in range(len(actions))]
    played = [situation.nothing.action, *played]
    candidates = tuple(
        Candidate(str(number), action, outcome)
        for number, (action, outcome) in enumerate(
            zip(played, situation.simulate(played), strict=True)
        )
    )
    closed = [one for one in alive_among(candidates) if not opens(situation, one)]
    best = min(closed, key=lambda one: one.outcome.max_rho)
    return situation, replace(
        situation.nothing, action=best.action, candidates=candidates, chosen=best
    )


def test_no_rival_lets_the_protections_open_a_line_that_stays_closed(protected):
    situation, decision = decided(protected)
    alive = alive_among(decision.candidates)
    expected = {one.label for one in alive if not opens(situation, one)} - {decision.chosen.label}
    assert 0 < len(expected) < len(alive) - 1
    assert opens(situation, decision.candidates[0])
    assert {one.label for one in rivals(situation, decision, len(alive))} == expected


def test_lines_that_open_in_any_case_keep_no_rival_away(protected):
    situation, decision = decided(protected)
    opening = decision.candidates[0]
    unanswered = replace(decision, action=opening.action, chosen=opening)
    alive = alive_among(decision.candidates)
    assert len(rivals(situation, unanswered, len(alive))) == len(alive) - 1


def test_what_doing_nothing_leaves_is_the_first_then_the_best(neurips):
    overload(neurips, (1.1,))
    situation, decision = decided(neurips)
    first, *others = rivals(situation, decision, 6)
    assert first is decision.candidates[0]
    ranks = [situation.rank(one.outcome) for one in others]
    assert len(others) == 5
    assert ranks == sorted(ranks)


def test_a_calm_step_and_a_single_topology_have_none(neurips):
    situation, decision = decided(neurips)
    assert not situation.is_overloaded
    assert rivals(situation, decision, 6) == []
    overload(neurips, (1.1,))
    assert rivals(*decided(neurips), 0) == []


def test_there_are_none_where_only_simulate_knows_the_state(protected, monkeypatch):
    """Doing nothing may end the episode of grid2op while generators are on their way."""
    situation, decision = decided(protected)
    monkeypatch.setitem(vars(situation), "solved", None)
    assert rivals(situation, decision, len(decision.candidates)) == []
