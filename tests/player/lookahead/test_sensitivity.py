"""Slopes of line loads are the derivative of the power flow, whatever the topology."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.positions import Positions
from powrl.player.lookahead import sensitivity as module
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.sensitivity import GeneratorSensitivity
from powrl.player.lookahead.state import GridState

ENVIRONMENTS = (
    "l2rpn_case14_sandbox",
    "l2rpn_neurips_2020_track1",
    "l2rpn_wcci_2022_dev",
    "l2rpn_idf_2023",
)

STEP_MW = 0.05

TOLERANCE = 1e-3
"""Largest difference of a slope, as a part of the largest slope of its state."""

LEAST_LOAD = 0.01
"""With less, a line is near its kink: the load is the size of a current that may turn."""


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request):
    opened = open_environment(Scenarios(request.param))
    start_episode(opened, 0, 0)
    yield opened
    opened.close()


def sensitivity_of(environment):
    """With the generators that it moves."""
    generators = np.flatnonzero(environment.gen_redispatchable)
    return GeneratorSensitivity(batch_simulator(environment).grid_copy(), generators), generators


def by_central_differences(grid, state, generators):
    """Loads, and their slopes by two power flows for each generator; None: one has no solution."""
    grid.set_topology(state.topology_in_maintenance(grid.positions))

    def load(gen_p):
        grid.set_injections(replace(state.injections, gen_p=gen_p))
        if not grid.solve():
            return None
        # in double precision, unlike `flows`
        amperes = np.concatenate((grid.lsgrid.get_line_res1()[3], grid.lsgrid.get_trafo_res1()[3]))
        return 1000 * amperes / state.thermal_limits

    slopes = []
    for generator in generators:
        below, above = (state.injections.gen_p.copy() for _ in range(2))
        below[generator] -= STEP_MW
        above[generator] += STEP_MW
        ends = load(below), load(above)
        if any(end is None for end in ends):
            return None
        # single precision rounds the step
        step = float(above[generator]) - float(below[generator])
        slopes.append((ends[1] - ends[0]) / step)
    rho = load(state.injections.gen_p)
    return None if rho is None else (rho, np.array(slopes).T)


def random_states(environment, number, seed):
    """States of an episode with random substations split and random lines out."""
    generator = np.random.default_rng(seed)
    positions = Positions.from_grid2op(environment)
    start_episode(environment, 0, seed)
    for _ in range(number):
        for _ in range(int(generator.integers(1, 6))):
            if environment.step(environment.action_space({}))[2]:
                start_episode(environment, 0, seed)
        state = GridState.from_observation(environment.get_obs())
        topology = state.topology.copy()
        for substation in generator.integers(0, positions.n_sub, size=2):
            part = positions.part(substation)
            where = topology[part]
            split = generator.integers(1, 3, size=len(where))
            topology[part] = np.where((where > 0) & (len(where) > 3), split, where)
        state = state.with_topology(topology)
        for line in generator.integers(0, positions.n_line, size=generator.integers(0, 3)):
            state = state.without_line(positions, int(line))
        yield state


def require_equal(answer, expected, slack):
    rho, slopes = answer.rho, answer.slopes.all()
    np.testing.assert_allclose(rho, expected[0], rtol=1e-5, atol=1e-6)
    assert not slopes[:, slack].any()
    assert (np.abs(slopes[expected[0] == 0]) < 1e-12).all()
    loaded = expected[0] > LEAST_LOAD
    error = np.abs(slopes - expected[1])[loaded].max()
    assert error <= TOLERANCE * np.abs(expected[1][loaded]).max()


def require_alike(answer, alone):
    assert (answer is None) == (alone is None)
    if answer is not None:
        np.testing.assert_allclose(answer.rho, alone.rho, atol=1e-7)
        np.testing.assert_allclose(row_by_row(answer), alone.slopes.all(), atol=1e-8)


def row_by_row(answer):
    """The slopes of all lines, asked for as those of one outage among others: some, then all."""
    lines = np.arange(len(answer.rho))
    first, rows = answer.slopes[lines[3:5]], answer.slopes[lines]
    np.testing.assert_array_equal(first, rows[3:5])
    return rows


@pytest.mark.parametrize("seed", range(3))
def test_slopes_are_those_of_small_steps(environment, seed):
    sensitivity, generators = sensitivity_of(environment)
    grid = batch_simulator(environment).grid_copy()
    solved = 0
    for state in random_states(environment, 8, seed):
        answer, expected = sensitivity.at(state), by_central_differences(grid, state, generators)
        if expected is None:
            continue
        solved += 1
        require_equal(answer, expected, grid.is_slack[generators])
    assert solved > 1


def test_contingencies_have_the_slopes_of_small_steps(environment):
    sensitivity, generators = sensitivity_of(environment)
    grid, positions = batch_simulator(environment).grid_copy(), sensitivity._grid.positions
    generator = np.random.default_rng(0)
    for state in random_states(environment, 3, 5):
        lines = generator.choice(positions.n_line, size=6, replace=False)
        states = [state, *(state.without_line(positions, int(line)) for line in lines), state]
        for case, answer in zip(states, sensitivity.at_many(states), strict=True):
            expected = by_central_differences(grid, case, generators)
            assert (answer is None) == (expected is None)
            if answer is not None:
                require_equal(answer, expected, grid.is_slack[generators])


@pytest.mark.parametrize("together", [2, 32])
def test_states_together_are_as_each_alone(environment, together, monkeypatch):
    """Also such as share no topology, or no injections, or are twice there, or have no solution."""
    monkeypatch.setattr(module, "STATES_TOGETHER", together)
    sensitivity, _ = sensitivity_of(environment)
    positions = sensitivity._grid.positions
    states = list(random_states(environment, 3, 1))
    first = states[0]
    contingencies = [first.without_line(positions, line) for line in range(7)]
    dark = first.topology.copy()
    dark[positions.part(1)] = -1
    maintained = replace(first, maintenance_in=np.arange(positions.n_line) - 3)
    states_together = [
        *contingencies,
        contingencies[2],
        *states,
        first.with_topology(dark),
        maintained,
        maintained.without_line(positions, 6),
        contingencies[0].without_line(positions, 8),
    ]
    for state, answer in zip(states_together, sensitivity.at_many(states_together), strict=True):
        require_alike(answer, sensitivity_of(environment)[0].at(state))


def test_later_injections_are_answered_afresh(environment):
    start_episode(environment, 0, 0)
    sensitivity, _ = sensitivity_of(environment)
    positions = sensitivity._grid.positions
    for step in range(5):
        state = GridState.from_observation(environment.get_obs())
        if step == 3:
            injections = replace(state.injections, gen_v=state.injections.gen_v * 1.005)
            state = state.with_injections(injections)
        states = [state, *(state.without_line(positions, line) for line in range(3))]
        for case, answer in zip(states, sensitivity.at_many(states), strict=True):
            require_alike(answer, sensitivity_of(environment)[0].at(case))
        if environment.step(environment.action_space({}))[2]:
            start_episode(environment, 0, 0)
    assert len(sensitivity._flows) < 4


def test_no_load_answers_by_more_than_its_reach(environment):
    """Loads that matter: of lines that are far from their limit the current may turn."""
    sensitivity, generators = sensitivity_of(environment)
    positions, random = sensitivity._grid.positions, np.random.default_rng(0)
    for state in random_states(environment, 6, 3):
        lines = random.choice(positions.n_line, size=6, replace=False)
        states = [state, *(state.without_line(positions, int(line)) for line in lines)]
        states.append(state.without_line(positions, *lines[:2].tolist()))
        for answer in sensitivity.at_many(states):
            if answer is None or answer.rho.max() > 1.5:
                continue
            moves = random.normal(size=len(generators))
            moves -= moves.mean()
            loaded = np.flatnonzero(answer.rho > 0.5)
            changes = np.abs(answer.slopes[loaded] @ moves)
            reach = answer.slopes.reach(moves)[loaded]
            assert (changes <= reach).all()


def test_slopes_foretell_moved_generators(neurips):
    batch, positions = batch_simulator(neurips), Positions.from_grid2op(neurips)
    sensitivity, generators = sensitivity_of(neurips)
    state = GridState.from_observation(neurips.get_obs())
    for line in (None, 0, 9):
        case = state if line is None else state.without_line(positions, line)
        answer = sensitivity.at(case)
        rho, slopes = answer.rho, answer.slopes.all()
        assert np.abs(slopes).max() > 1e-3
        move = np.where(np.arange(len(generators)) % 2, 4.0, -4.0)
        moved = case.injections.gen_p.copy()
        moved[generators] += move
        after = batch.evaluate_state(
            case.with_injections(replace(case.injections, gen_p=moved)),
            [GridAction.nothing(positions)],
        )[0]
        assert np.abs(rho - after.rho).max() > 0.01
        loaded = rho > 0.2  # a line without flow may turn its direction, which is no slope
        foretold = (rho + slopes @ move)[loaded]
        np.testing.assert_allclose(foretold, after.rho[loaded], atol=0.01)


def test_what_was_asked_before_makes_no_difference(neurips):
    positions = Positions.from_grid2op(neurips)
    state = GridState.from_observation(neurips.get_obs())
    cases = [state, *(state.without_line(positions, line) for line in (0, 9, 17))]
    answers = []
    for order in (range(4), (0, 3, 1, 2)):
        sensitivity, _ = sensitivity_of(neurips)
        answers.append({number: sensitivity.at(cases[number]) for number in order})
    for number in range(4):
        one, other = answers[0][number], answers[1][number]
        np.testing.assert_array_equal(one.rho, other.rho)
        np.testing.assert_array_equal(one.slopes.all(), other.slopes.all())


def test_what_was_solved_before_makes_no_difference(neurips):
    """To the last bit: results are the same on any number of workers."""
    positions = Positions.from_grid2op(neurips)
    state = GridState.from_observation(neurips.get_obs())
    heavy = state.with_injections(state.injections.scaled(1.15))
    lines = np.arange(30)

    def answers(sensitivity, start):
        cases = [start, *(start.without_line(positions, line) for line in (0, 9, 17))]
        solved = list(sensitivity.at_many(cases))
        return [(answer.rho, answer.slopes[lines], answer.slopes.all()) for answer in solved]

    once, _ = sensitivity_of(neurips)
    first, _, third = (answers(once, start) for start in (state, heavy, state))
    second = answers(sensitivity_of(neurips)[0], state)
    for of_first, of_second, of_third in zip(first, second, third, strict=True):
        for one, two, three in zip(of_first, of_second, of_third, strict=True):
            np.testing.assert_array_equal(one, two)
            np.testing.assert_array_equal(one, three)


def test_many_topologies_are_linearised_again(neurips, monkeypatch):
    monkeypatch.setattr(module, "FLOWS_KEPT", 2)
    sensitivity, _ = sensitivity_of(neurips)
    states = [state for state in random_states(neurips, 5, 2) if sensitivity.at(state)]
    assert len(states) > 2
    for state in states:
        np.testing.assert_allclose(
            sensitivity.at(state).slopes.all(),
            sensitivity_of(neurips)[0].at(state).slopes.all(),
            atol=1e-10,
        )


def test_of_many_contingencies_the_last_are_known(neurips, monkeypatch):
    monkeypatch.setattr(module, "FLOWS_KEPT", 2)
    sensitivity, _ = sensitivity_of(neurips)
    positions = sensitivity._grid.positions
    state = GridState.from_observation(neurips.get_obs())
    for first in (0, 5, 10, 0):
        states = state.without_each(positions, np.arange(first, first + 4))
        for case, answer in zip(states, sensitivity.at_many(states), strict=True):
            require_alike(answer, sensitivity_of(neurips)[0].at(case))
        assert len(sensitivity._known_lines_out) <= 2
        assert len(sensitivity._flows) <= 2


def test_contingencies_that_begin_their_maintenance_are_not_those_before_it(neurips):
    sensitivity, _ = sensitivity_of(neurips)
    positions = sensitivity._grid.positions
    state = GridState.from_observation(neurips.get_obs())
    ahead = np.where(np.arange(positions.n_line) == 20, 0, state.maintenance_in)
    for start in (state, replace(state, maintenance_in=ahead), state):
        states = start.without_each(positions, np.arange(4))
        for case, answer in zip(states, sensitivity.at_many(states), strict=True):
            require_alike(answer, sensitivity_of(neurips)[0].at(case))


def test_states_without_each_line_are_those_without_it(neurips):
    positions = Positions.from_grid2op(neurips)
    state = GridState.from_observation(neurips.get_obs())
    before, lines = state.topology.copy(), (3, 0, 7)
    states = state.without_each(positions, np.array(lines))
    for line, without in zip(lines, states, strict=True):
        expected = state.without_line(positions, line)
        np.testing.assert_array_equal(without.topology, expected.topology)
        assert without.injections is state.injections
    np.testing.assert_array_equal(state.topology, before)
    assert state.without_each(positions, np.array([], dtype=int)) == []


def test_a_grid_without_a_solution_has_none(neurips):
    positions = Positions.from_grid2op(neurips)
    state = GridState.from_observation(neurips.get_obs())
    topology = state.topology.copy()
    topology[positions.part(1)] = -1
    sensitivity, _ = sensitivity_of(neurips)
    assert sensitivity.at(state.with_topology(topology)) is None
    contingencies = [state.with_topology(topology).without_line(positions, k) for k in (20, 21)]
    assert list(sensitivity.at_many(contingencies)) == [None, None]
    assert list(sensitivity.at_many([])) == []


def test_where_sweeps_refuse_there_is_no_solution(neurips, monkeypatch):
    def refuse(*_):
        raise RuntimeError("the grid as it was copied has no solution")

    sensitivity, _ = sensitivity_of(neurips)
    state = GridState.from_observation(neurips.get_obs())
    positions = Positions.from_grid2op(neurips)
    with monkeypatch.context() as patch:
        patch.setattr("lightsim2grid.lightsim2grid_cpp.ScenarioSweepCPP.compute", refuse)
        assert sensitivity.at(state) is None
        assert list(sensitivity.at_many([state, state.without_line(positions, 0)])) == [None, None]


def test_slopes_of_an_earlier_solution_are_those_of_it(neurips):
    """What is asked after other injections were solved, of a memory's copy, too."""
    sensitivity, _ = sensitivity_of(neurips)
    state = GridState.from_observation(neurips.get_obs())
    heavy, lines = state.with_injections(state.injections.scaled(1.2)), np.arange(20)
    answer, expected = sensitivity.at(state), sensitivity_of(neurips)[0].at(state).slopes[lines]
    twin = copy.deepcopy(answer.slopes)
    assert np.abs(sensitivity.at(heavy).slopes[lines] - expected).max() > 1e-6
    np.testing.assert_allclose(twin[lines], expected, atol=1e-12)


def test_a_state_without_solution_is_estimated_from_a_lighter_load(environment):
    sensitivity, _ = sensitivity_of(environment)
    state = GridState.from_observation(environment.get_obs())
    answer, estimate = sensitivity.at(state), sensitivity.estimate(state)
    assert estimate.rho.max() == pytest.approx(answer.rho.max(), rel=0.1)
    heavy = state.with_injections(state.injections.scaled(20.0))
    assert sensitivity.at(heavy) is None
    assert sensitivity.estimate(heavy) is None
