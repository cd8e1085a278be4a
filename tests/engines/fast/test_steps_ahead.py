"""Steps solved ahead are those that would be solved one by one."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powrl.engines.fast import steps_ahead
from powrl.engines.fast.opponent import NoAttacks
from powrl.engines.fast.series_solver import SeriesSolver, SolvedSteps
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.redispatch import Redispatch
from powrl.player.grid.positions import Positions
from powrl.testing.comparison import CLOSE, EXACT, OUTCOME
from powrl.testing.random_play import random_action


@pytest.fixture(
    scope="module", params=[("rte_case14_realistic", 0.9), ("l2rpn_neurips_2020_track1", 0.8)]
)
def engine(request):
    name, limits = request.param
    engine = open_engine("fast", Scenarios(name))
    engine.grid.set_thermal_limit(engine.grid.get_thermal_limit() * limits)
    yield engine
    engine.close()


def assert_same(one, other):
    for name in OUTCOME:
        assert getattr(one, name) == getattr(other, name), name
    for name in EXACT:
        assert np.array_equal(getattr(one.observation, name), getattr(other.observation, name))
    for name in CLOSE:
        values = getattr(one.observation, name), getattr(other.observation, name)
        np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-4, err_msg=name)


def start(engine, seed, patience):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps_ahead, "PATIENCE", patience)
        return engine.start(engine.scenarios[seed % len(engine.scenarios)], seed)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**31 - 1),
    waits=st.lists(st.integers(0, 30), min_size=1, max_size=4),
    kinds=st.lists(st.sampled_from(["anything", "moves"]), min_size=4, max_size=4),
)
def test_random_actions_at_random_steps(engine, seed, waits, kinds):
    """Also where protections open lines, lines are attacked and episodes end."""
    generator, positions = np.random.default_rng(seed), Positions.from_grid2op(engine.grid)
    ahead, alone = start(engine, seed, 1), start(engine, seed, 10**9)
    ramps = np.where(engine.grid.gen_redispatchable, engine.grid.gen_max_ramp_up, 0)
    for wait, kind in zip(waits, kinds, strict=False):
        action = random_action(positions, generator)
        if kind == "moves":
            action = GridAction.nothing(positions).plus(Redispatch(ramps.astype(np.float32) / 2))
        for chosen in [None] * wait + [action]:
            if not alone.done:
                ahead.step(chosen)
                alone.step(chosen)
                assert_same(ahead, alone)


def test_calm_steps_are_solved_together(engine, monkeypatch):
    calls = []
    solve = SeriesSolver.solve
    monkeypatch.setattr(SeriesSolver, "solve", lambda *args: calls.append(1) or solve(*args))
    engine.grid.set_thermal_limit(engine.grid.get_thermal_limit() * 3)
    episode = engine.start(engine.scenarios[0], 0)
    engine.grid.set_thermal_limit(engine.grid.get_thermal_limit() / 3)
    episode._opponent = NoAttacks()
    one = None
    for step in range(steps_ahead.PATIENCE + 1 + 3 * episode._ahead._rows):
        episode.step()
        if step == steps_ahead.PATIENCE + 3:
            one = episode.copy()  # in the middle of those that were solved
    assert len(calls) == 3
    while one.steps < episode.steps:
        one.step()
    assert_same(one, episode)


def test_without_a_solution_steps_are_solved_alone(engine, monkeypatch):
    """It waits longer after each vain try."""
    calls = []

    def solve(*_):
        calls.append(1)
        n_bus = len(episode._grid.voltages)
        width = 3 * engine.grid.n_line + 2 * engine.grid.n_gen
        return SolvedSteps(np.zeros((0, width)), np.zeros((0, n_bus)))

    monkeypatch.setattr(SeriesSolver, "solve", solve)
    episode, alone = start(engine, 0, 1), start(engine, 0, 10**9)
    for _ in range(40):
        episode.step()
        alone.step()
        assert_same(episode, alone)
    assert 1 <= len(calls) <= 6
