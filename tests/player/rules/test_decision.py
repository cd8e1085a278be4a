"""A decision and its reason."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.redispatch import Redispatch
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.outcome import Outcome
from powrl.player.rules.decision import Candidate, Decision


@pytest.fixture
def nothing(case14):
    return GridAction.nothing(Positions.from_grid2op(case14))


def test_the_reason_is_plain_data(case14, nothing):
    outcome = Outcome(np.array([0.5, 1.23456789]), legal=True, game_over=False)
    blackout = Outcome(np.array([0.5, 0.1]), legal=True, game_over=True)
    candidates = (Candidate("a", nothing, outcome), Candidate("b", nothing, blackout))
    decision = Decision(nothing, "remedy", "a", (2,), candidates, candidates[0])
    observation = case14.get_obs()
    reason = {
        "step": 0,
        "max_rho": round(float(observation.rho.max()), 5),
        "rule": "remedy",
        "lines": [case14.name_line[2]],
        "redispatched_mw": 0.0,
        "candidates": [
            {"label": "a", "max_rho": 1.23457, "legal": True, "game_over": False},
            {"label": "b", "max_rho": None, "legal": True, "game_over": True},
        ],
        "choice": "a",
    }
    assert decision.to_json(observation) == reason
    assert replace(decision, why="it is safe").to_json(observation) == {
        **reason,
        "why": "it is safe",
    }
    assert replace(decision, cut=True).to_json(observation) == {**reason, "cut": True}


def test_its_outcome_is_that_of_the_candidate_that_was_chosen(nothing):
    outcome = Outcome(np.array([0.5]), legal=True, game_over=False)
    chosen = Candidate("a", nothing, outcome)
    assert Decision(nothing).outcome is None
    assert Decision(nothing, candidates=(chosen,)).outcome is None
    assert Decision(nothing, candidates=(chosen,), chosen=chosen).outcome is outcome


def test_a_rise_and_a_fall_of_generators_add_up(case14, nothing):
    moves = np.zeros(case14.n_gen, dtype=np.float32)
    moves[:2] = 1.5, -2.25
    assert Decision(nothing.plus(Redispatch(moves))).redispatched_mw == 3.75


def test_of_more_candidates_the_best_wins_where_it_ranks_better(nothing):
    first, equal, better = (
        Candidate(str(load), nothing, Outcome(np.array([load]), legal=True, game_over=False))
        for load in (1.2, 1.2, 1.1)
    )
    decision = Decision(nothing, "remedy", "1.2", (2,), (first,), first)
    assert decision.competing([], lambda outcome: outcome.max_rho, "reserve", "more") is decision
    as_it_was = decision.competing([equal], lambda outcome: outcome.max_rho, "reserve", "more")
    assert as_it_was == replace(decision, candidates=(first, equal))
    best = decision.competing([equal, better], lambda outcome: outcome.max_rho, "reserve", "more")
    assert (best.rule, best.chosen, best.lines) == ("reserve", better, (2,))
    assert best.candidates == (first, equal, better)
    assert best.why == "of 2 more it leaves the least overload (highest load 110 %)"
