"""Topologies are chosen beside what the generators do in the same step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.redispatch import Redispatch
from powrl.player.lookahead.batch import BatchSimulator
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules import manager
from powrl.player.rules.decision import DO_NOTHING, Decision
from powrl.player.rules.redispatching import Redispatching
from tests.player.rules.situations import (
    actions_of,
    disconnect,
    legal_in_order,
    manager_of,
    overload,
    play,
    situation_of,
)


def moves_that(environment: Any, batch: BatchSimulator, sign: float) -> Redispatch:
    """The exchange of two generators that raises (1) or lowers (-1) the highest load most."""
    observation, nothing = environment.get_obs(), GridAction.nothing(batch.positions)
    numbers = np.flatnonzero(environment.gen_redispatchable)
    exchanges = []
    for up in numbers:
        for down in numbers[numbers != up]:
            values = np.zeros(environment.n_gen, dtype=np.float32)
            step = min(environment.gen_max_ramp_up[up], environment.gen_max_ramp_down[down]) / 2
            values[[up, down]] = step, -step
            exchanges.append(Redispatch(values))
    outcomes = batch.evaluate(observation, [nothing.plus(one) for one in exchanges])
    loads = np.array([sign * min(outcome.max_rho, 9 * sign) for outcome in outcomes])
    return exchanges[int(loads.argmax())]


@pytest.fixture
def overloaded(neurips: Any) -> Any:
    overload(neurips)
    return neurips


def test_a_situation_with_moves_is_what_grid2op_makes_of_them(overloaded: Any) -> None:
    batch, observation = batch_simulator(overloaded), overloaded.get_obs()
    nothing = GridAction.nothing(batch.positions)
    moves = nothing.plus(moves_that(overloaded, batch, 1))
    situation = situation_of(overloaded, observation, batch)
    (moved,) = situation.with_moves(moves).simulate([nothing])
    after, *_ = observation.simulate(moves.to_grid2op(overloaded.action_space))
    np.testing.assert_allclose(moved.rho, after.rho, atol=1e-4)
    (still,) = situation.simulate([nothing])
    assert moved.max_rho > still.max_rho + 0.005


def decided(environment: Any, moves: Redispatch, monkeypatch: Any, **settings: Any) -> Decision:
    """The decision of a manager whose redispatching plays given moves."""
    monkeypatch.setattr(
        Redispatching,
        "apply",
        lambda _, __, decision: Decision(
            decision.action.plus(moves),
            decision.rule,
            decision.choice,
            decision.lines,
            decision.candidates,
            decision.chosen,
            why="moves",
        ),
    )
    manager = manager_of(
        environment,
        batch_simulator(environment),
        actions=actions_of(environment, maximum_elements=5),
        redispatch=True,
        plan=False,
        **settings,
    )
    return manager.decide(environment.get_obs(), legal_in_order)


def test_moves_that_raise_loads_are_looked_at_again(overloaded: Any, monkeypatch: Any) -> None:
    batch = batch_simulator(overloaded)
    moves = moves_that(overloaded, batch, 1)
    looked = decided(overloaded, moves, monkeypatch, second_look=True, safe_rho=0.0)
    once = decided(overloaded, moves, monkeypatch, safe_rho=0.0)
    assert looked.action.redispatch is not None
    np.testing.assert_array_equal(looked.action.redispatch, moves.values)
    assert looked.why.endswith("moves")
    outcomes = batch.evaluate(overloaded.get_obs(), [looked.action, once.action])
    assert outcomes[0].max_rho <= outcomes[1].max_rho
    # what was simulated with the moves is what comes
    assert looked.outcome is not None
    assert looked.outcome.max_rho == pytest.approx(outcomes[0].max_rho, abs=1e-5)
    _, _, _, info = play(overloaded, looked.action)
    assert not info["is_illegal"]
    assert not info["is_ambiguous"]


def test_moves_that_lower_loads_change_no_choice(overloaded: Any, monkeypatch: Any) -> None:
    moves = moves_that(overloaded, batch_simulator(overloaded), -1)
    looked, once = (
        decided(overloaded, moves, monkeypatch, second_look=again) for again in (True, False)
    )
    assert looked.action.key == once.action.key
    loads = [[one.outcome.max_rho for one in both.candidates] for both in (looked, once)]
    assert loads[0] == loads[1]


def test_the_second_look_keeps_what_is_played_beside_all_candidates(
    neurips: Any, monkeypatch: Any
) -> None:
    line = list(neurips.name_line).index("44_48_133")
    disconnect(neurips, line)
    overload(neurips, (1.08, 1.05, 1.0, 1.0))
    monkeypatch.setattr(manager, "SECOND_LOOK_RHO", 0.0005)
    moves = moves_that(neurips, batch_simulator(neurips), 1)
    once, looked = (
        decided(neurips, moves, monkeypatch, second_look=again, safe_rho=0.0)
        for again in (False, True)
    )
    assert once.action.set_line_status[line] == 1
    assert looked.candidates[0].outcome.max_rho != once.candidates[0].outcome.max_rho
    assert looked.action.set_line_status[line] == 1
    assert looked.candidates[0].label == once.candidates[0].label != DO_NOTHING
