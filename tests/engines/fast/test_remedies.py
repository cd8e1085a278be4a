"""Storage, curtailment and redispatching on the stepper and in batches are grid2op's."""

import numpy as np
import pytest
from grid2op.Action import PlayableAction

from powrl.engines.fast.engine import FastEngine
from powrl.engines.grid2op_engine import Grid2opEngine
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.curtailment import UNCHANGED, Curtailment
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.redispatch import Redispatch
from powrl.player.actions.storage import Storage
from powrl.player.grid.positions import Positions
from powrl.player.lookahead import dispatch_solver
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.testing.comparison import compare_episode, differences
from powrl.testing.random_play import RandomRemedies, random_action

pytestmark = pytest.mark.no_cover
STORAGE = Scenarios("educ_case14_storage")


def open_pair(**parameters):
    """Both engines on 14 substations with two storage units that lose energy."""
    environments = []
    for _ in range(2):
        environment = open_environment(STORAGE, cached=True, action_class=PlayableAction)
        changed = environment.parameters
        for name, value in parameters.items():
            setattr(changed, name, value)
        environment.change_parameters(changed)
        environment.change_forecast_parameters(changed)
        environment.reset()
        environments.append(environment)
    return FastEngine(environments[0]), Grid2opEngine(environments[1])


@pytest.fixture(scope="module", params=[False, True], ids=["as_asked", "limited"])
def engines(request):
    pair = open_pair(LIMIT_INFEASIBLE_CURTAILMENT_STORAGE_ACTION=request.param)
    yield pair
    for engine in pair:
        engine.close()


def player_of(grid, seed, topology=0.1):
    """Chooses random moves, and now and then a random topology."""
    generator, positions = np.random.default_rng(seed), Positions.from_grid2op(grid)
    remedies = RandomRemedies(grid, 0.2, 0.4)

    def choose(*_):
        acts = generator.random() < topology
        action = random_action(positions, generator) if acts else None
        return remedies.added_to(action, positions, generator)

    def look(_):
        topologies = [random_action(positions, generator) for _ in range(4)]
        nothing = GridAction.nothing(positions)
        return [remedies.candidate(action, generator) for action in (nothing, nothing, *topologies)]

    return choose, look


@pytest.mark.parametrize("seed", range(2))
def test_any_moves(engines, seed):
    fast, judge = engines
    choose, look = player_of(judge.grid, seed, topology=0.02 * seed)
    tally = compare_episode(fast, judge, judge.scenarios[0], seed, choose, 120, look)
    assert tally.mismatches == []
    assert tally.stored_or_curtailed > 5


def test_candidates_are_those_of_simulate_at_every_step(engines):
    fast, judge = engines
    choose, look = player_of(judge.grid, 5, topology=0.0)
    one, other = (engine.start(judge.scenarios[0], 7) for engine in (fast, judge))
    compared = 0
    while not other.done and other.steps < 14:
        action = choose()
        one.step(action)
        other.step(action)
        assert differences(one, other) == []
        if other.done:
            break
        candidates = look(None)
        true = ForecastSimulator().evaluate(other.observation, candidates)
        for observation in (one.observation, other.observation):
            outcomes = fast.simulator().evaluate(observation, candidates)
            for outcome, expected in zip(outcomes, true, strict=True):
                assert outcome.legal == expected.legal
                assert outcome.game_over == expected.game_over
                np.testing.assert_allclose(outcome.rho, expected.rho, rtol=1e-5, atol=1e-7)
                compared += expected.legal and not expected.game_over
    assert compared > 30


def test_units_empty_and_fill_up(engines):
    """Energy and losses are grid2op's where a unit can give or take no more."""
    fast, judge = engines
    nothing = GridAction.nothing(Positions.from_grid2op(judge.grid))
    one, other = (engine.start(judge.scenarios[1], 0) for engine in (fast, judge))
    charges = []
    for step in range(60):
        sign = 1 if step < 40 else -1
        power = sign * np.minimum(judge.grid.storage_max_p_absorb, judge.grid.storage_max_p_prod)
        action = nothing.plus(Storage(np.asarray(0.9 * power, dtype=np.float32)))
        one.step(action)
        other.step(action)
        assert differences(one, other) == []
        charges.append(one.observation.storage_charge.tolist())
    assert np.ptp(charges, axis=0).min() > 0
    assert (one.observation.storage_power != one.observation.storage_power_target).any() or (
        np.max(charges, axis=0) == judge.grid.storage_Emax
    ).any()


def test_a_limit_holds_until_it_is_lifted(engines):
    fast, _ = engines
    grid = fast.grid
    nothing = GridAction.nothing(Positions.from_grid2op(grid))
    episode = fast.start(fast.scenarios[0], 0)
    for _ in range(150):  # until the sun is up
        before = episode.step()
    producing = int(np.argmax(np.where(grid.gen_renewable, before.gen_p, 0)))
    limits = np.full(grid.n_gen, UNCHANGED, dtype=np.float32)
    limits[producing] = 0.5 * before.gen_p[producing] / grid.gen_pmax[producing]
    after = episode.step(nothing.plus(Curtailment(limits)))
    assert after.gen_p[producing] == pytest.approx(limits[producing] * grid.gen_pmax[producing])
    assert after.curtailment[producing] > 0
    held = episode.step()
    assert held.curtailment_limit[producing] == limits[producing]
    limits[producing] = 1.0
    free = episode.step(nothing.plus(Curtailment(limits)))
    assert free.gen_p[producing] == free.gen_p_before_curtail[producing]
    assert not free.curtailment.any()


def test_grid2ops_own_solver_gives_the_same(engines, monkeypatch):
    """Where scipy has no SLSQP of arrays, the solver of grid2op takes its place."""
    monkeypatch.setattr(dispatch_solver, "sequential_least_squares", lambda: None)
    fast, judge = engines
    slower = FastEngine(judge.grid)
    choose, _ = player_of(judge.grid, 3, topology=0.0)
    one, other = (engine.start(judge.scenarios[0], 1) for engine in (fast, slower))
    for _ in range(15):
        action = choose()
        for episode in (one, other):
            episode.step(action)
        for name in ("actual_dispatch", "storage_charge", "rho"):
            np.testing.assert_allclose(
                getattr(one.observation, name), getattr(other.observation, name), rtol=1e-6
            )


@pytest.mark.parametrize(
    "part",
    [
        lambda grid: Storage(np.full(grid.n_storage, 1000, dtype=np.float32)),
        lambda grid: Storage(np.full(grid.n_storage, -1000, dtype=np.float32)),
        lambda grid: Curtailment(np.full(grid.n_gen, 0.5, dtype=np.float32)),
        lambda grid: Curtailment(np.where(grid.gen_renewable, 1.5, -1).astype(np.float32)),
        lambda grid: Redispatch(np.full(grid.n_gen, 1000, dtype=np.float32)),
    ],
    ids=["charge", "discharge", "not_renewable", "above_1", "ramp"],
)
def test_what_a_unit_cannot_do_is_not_played(engines, part):
    fast, judge = engines
    action = GridAction.nothing(Positions.from_grid2op(judge.grid)).plus(part(judge.grid))
    one, other = (engine.start(judge.scenarios[0], 0) for engine in (fast, judge))
    outcomes = fast.simulator().evaluate(other.observation, [action])
    assert not outcomes[0].legal
    for episode in (one, other):
        episode.step(action)
        assert not episode.legal
    assert differences(one, other) == []


def test_a_batch_knows_nothing_of_what_was_simulated_before(engines):
    _, judge = engines
    nothing = GridAction.nothing(Positions.from_grid2op(judge.grid))
    charge = nothing.plus(Storage(np.full(judge.grid.n_storage, 4.0, dtype=np.float32)))
    observation = judge.start(judge.scenarios[0], 0).observation
    (true,) = ForecastSimulator().evaluate(observation, [nothing])
    ForecastSimulator().evaluate(observation, [charge])
    (outcome,) = batch_simulator(judge.grid).evaluate(observation, [nothing])
    np.testing.assert_allclose(outcome.rho, true.rho, rtol=1e-5)


def test_a_unit_that_is_out_cannot_be_used(engines):
    fast, judge = engines
    positions = Positions.from_grid2op(judge.grid)
    nothing = GridAction.nothing(positions)
    out = GridAction.nothing(positions)
    out.set_bus[positions.storage[0]] = -1
    used = np.zeros(judge.grid.n_storage, dtype=np.float32)
    used[0] = 0.5
    one, other = (engine.start(judge.scenarios[0], 0) for engine in (fast, judge))
    for action in (out, nothing.plus(Storage(used)), None):
        for episode in (one, other):
            episode.step(action)
        assert differences(one, other) == []
