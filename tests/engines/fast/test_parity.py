"""The episode stepper does what grid2op does, step by step."""

from collections import deque
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powrl.engines.fast.engine import FastEngine
from powrl.engines.fast.scenario import Series
from powrl.engines.grid2op_engine import Grid2opEngine
from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.line_status import LineStatus
from powrl.player.actions.redispatch import Redispatch
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.reduction.enumeration import unitary_topologies
from powrl.testing.comparison import compare_episode, differences
from powrl.testing.random_play import RandomPlayer, random_action
from tests.oracle.courses import Course, run_course

pytestmark = pytest.mark.no_cover


def bundled(environment, limits, steps, share, greedy, moves=0.0, **more):
    return Course(environment, limits, steps, share, greedy, bundled=True, moves=moves, **more)


@pytest.mark.parametrize(
    ("course", "counted"),
    [
        (bundled("rte_case14_realistic", 0.7, 600, 0.3, False), {"cascade": 50, "game_over": 20}),
        (bundled("rte_case14_realistic", 0.85, 900, 0.02, True), {"split": 500}),
        (bundled("l2rpn_neurips_2020_track1", 0.9, 900, 0.02, True), {"under_attack": 40}),
        (bundled("l2rpn_neurips_2020_track1", 1.0, 500, 0.3, False), {"illegal": 20}),
        (bundled("l2rpn_icaps_2021", 0.75, 900, 0.02, True), {"under_attack": 30, "cascade": 2}),
        (bundled("l2rpn_wcci_2020", 1.0, 700, 0.0, True), {"in_maintenance": 15}),
        (bundled("l2rpn_wcci_2022_dev", 1.0, 500, 0.05, True), {"split": 200}),
        (bundled("rte_case118_example", 1.0, 200, 0.2, False), {"split": 100}),
        (
            bundled("l2rpn_neurips_2020_track1", 1.0, 500, 0.01, True, 0.1),
            {"redispatched": 400, "under_attack": 20},
        ),
        (
            bundled("l2rpn_wcci_2022_dev", 1.0, 200, 0.05, True, 0.2, remedies=0.2),
            {"redispatched": 150, "stored_or_curtailed": 60},
        ),
        (
            bundled("l2rpn_idf_2023", 1.3, 150, 0.0, True, 0.05, remedies=0.1, attack_every=4),
            {"under_attack": 60, "attacked_twice": 10, "stored_or_curtailed": 30},
        ),
    ],
    ids=lambda value: (
        f"{value.environment}-{value.limits}-{value.moves}" if isinstance(value, Course) else ""
    ),
)
def test_random_and_greedy_players(course, counted, tmp_path):
    tally = run_course(course, tmp_path)
    assert tally.mismatches == []
    assert tally.steps == course.steps
    assert tally.candidates > 0
    for name, least in counted.items():
        assert getattr(tally, name) >= least, tally


@pytest.fixture(
    scope="module", params=[("rte_case14_realistic", 1.0), ("l2rpn_neurips_2020_track1", 0.8)]
)
def engines(request):
    name, limits = request.param
    environments = [open_environment(Scenarios(name), cached=True) for _ in range(2)]
    for environment in environments:
        environment.set_thermal_limit(environment.get_thermal_limit() * limits)
    pair = FastEngine(environments[0]), Grid2opEngine(environments[1])
    yield pair
    for engine in pair:
        engine.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**31 - 1),
    kinds=st.lists(st.sampled_from(["nothing", "topology", "anything"]), min_size=1, max_size=40),
)
def test_any_sequence_of_actions(engines, seed, kinds):
    fast, judge = engines
    generator, positions = np.random.default_rng(seed), Positions.from_grid2op(judge.grid)
    actions = unitary_topologies(GridLayout.from_grid2op(judge.grid))
    player = RandomPlayer(actions, positions, 0.0, False)
    order = deque(kinds)

    def choose(observation, _):
        kind = order.popleft()
        if kind == "topology":
            return player.candidates(observation, generator)[1]
        return random_action(positions, generator) if kind == "anything" else None

    scenario = judge.scenarios[seed % len(judge.scenarios)]
    tally = compare_episode(fast, judge, scenario, seed, choose, len(kinds))
    assert tally.mismatches == []


@pytest.mark.parametrize(
    ("name", "seed", "reconnects", "ends"),
    [("l2rpn_neurips_2020_track1", 3, True, 96), ("l2rpn_case14_sandbox", 9, False, 439)],
)
def test_generators_at_their_ends(name, seed, reconnects, ends):
    """Targets beyond what generators can do are refused; where no dispatch is left, all is over."""
    fast, judge = (open_engine(engine, Scenarios(name)) for engine in ("fast", "grid2op"))
    grid, random = judge.grid, np.random.default_rng(seed)
    ramps = np.where(grid.gen_redispatchable, grid.gen_max_ramp_up, 0).astype(np.float32)
    direction = random.choice([-1, 1], len(ramps)).astype(np.float32)
    positions = Positions.from_grid2op(grid)
    nothing = GridAction.nothing(positions)
    scenario = judge.scenarios[0 if reconnects else 1]
    one, other = fast.start(scenario, seed), judge.start(scenario, seed)
    refused, before = 0, None
    while not other.done:
        step = other.steps
        moved = ramps * direction
        if not reconnects:
            moved = moved * (random.random(len(ramps)) < 0.5) * (step < 60)
        action = nothing.plus(Redispatch(moved))
        if reconnects and step % 7 == 3:  # with topology, which is played where moves are refused
            line = np.arange(grid.n_line) == step % grid.n_line
            action = action + GridAction(nothing.topology, LineStatus(line.astype(np.int8)))
        before = one.observation
        one.step(action)
        other.step(action)
        refused += bool(judge.grid.infos["failed_redispatching"])
        assert differences(one, other) == []
    assert other.game_over
    assert refused > 10
    assert other.steps == ends
    # a forecast that is right foresees the end, with any topology
    actual = before._scenario.actual
    ahead = {name: np.roll(values, -1, axis=0) for name, values in vars(actual).items()}
    before._scenario = replace(before._scenario, forecast=Series(**ahead))
    outcomes = fast.simulator().evaluate(before, [nothing, random_action(positions, random)])
    assert all(outcome.game_over for outcome in outcomes)
    fast.close()
    judge.close()


def test_a_difference_is_noticed(engines):
    """The comparison itself can fail."""
    fast, judge = engines
    one, other = fast.start(judge.scenarios[0], 0), judge.start(judge.scenarios[0], 0)
    one.step()
    other.step()
    assert differences(one, other) == []
    for name in ("topo_vect", "time_before_cooldown_line", "rho", "timestep_overflow"):
        true = getattr(one.observation, name)
        setattr(one.observation, name, true + 1)
        assert differences(one, other) == [name]
        setattr(one.observation, name, true)
    one.legal = False
    assert differences(one, other) == ["legal False for True"]


def test_the_same_opponent_on_a_copy(engines):
    fast, _ = engines
    episode = fast.start(fast.scenarios[0], 3)
    for _ in range(4):
        episode.step()
    copy = episode.copy()
    courses = []
    for branch in (episode, copy):
        course = []
        while not branch.done and len(course) < 150:
            branch.step()
            course.append((branch.attacked, branch.opened, branch.observation.rho.tobytes()))
        courses.append(course)
    assert courses[0] == courses[1]
    assert courses[0]


def test_a_copy_goes_its_own_way(engines):
    fast, _ = engines
    episode = fast.start(fast.scenarios[0], 0)
    copy, again = episode.copy(), episode.copy()
    player = RandomPlayer(
        unitary_topologies(GridLayout.from_grid2op(fast.grid)),
        Positions.from_grid2op(fast.grid),
        0.0,
        False,
    )
    candidates = player.candidates(episode.observation, np.random.default_rng(0))
    split = next(action for action in candidates if (action.set_bus == 2).any())
    copy.step(split)
    assert (copy.observation.topo_vect == 2).any()
    for branch in (episode, again):
        branch.step()
        assert set(branch.observation.topo_vect) == {1}
    np.testing.assert_array_equal(episode.observation.rho, again.observation.rho)
