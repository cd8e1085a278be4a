"""Sweeps give the verdicts and currents of single power flows, which grid2op's simulate has."""

from dataclasses import replace

import numpy as np
import pytest
from lightsim2grid import lightsim2grid_cpp

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.grid_model import GridModel, Injections
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.lookahead.state import GridState
from powrl.player.lookahead.sweep import SweepSolver

GRIDS = {
    "l2rpn_case14_sandbox": 2.2,
    "l2rpn_neurips_2020_track1": 1.5,
    "l2rpn_wcci_2022_dev": 1.5,
    "l2rpn_idf_2023": 1.6,
}
"""Environments, and the factor of the loads at which many topologies diverge."""


class Setting:
    """A grid at the start of an episode, and a grid model of its own to judge by."""

    def __init__(self, name: str) -> None:
        with open_environment(Scenarios(name)) as environment:
            observation = start_episode(environment, 0, 0)
            simulator = batch_simulator(environment)
            self.state = GridState.from_observation(observation)
        self.positions: Positions = simulator.positions
        self.judge, self.grid = simulator.grid_copy(), simulator.grid_copy()
        self.solver = SweepSolver(self.grid)

    def loaded(self, factor: float) -> Injections:
        factor, injections = np.float32(factor), self.state.injections
        loads = {"load_p": injections.load_p * factor, "load_q": injections.load_q * factor}
        return replace(injections, **loads)

    def one_by_one(self, injections: Injections, topologies: np.ndarray):
        self.judge.set_injections(injections)
        currents = np.zeros((len(topologies), self.positions.n_line), dtype=np.float32)
        feasible = np.zeros(len(topologies), dtype=bool)
        for row, topology in enumerate(topologies):
            self.judge.set_topology(topology)
            feasible[row] = self.judge.solve()
            if feasible[row]:
                currents[row] = self.judge.currents()
        return currents, feasible

    def assert_same(self, injections: Injections, base: np.ndarray, topologies: np.ndarray):
        currents, feasible = self.solver.solve(injections, base, topologies)
        expected_currents, expected = self.one_by_one(injections, topologies)
        np.testing.assert_array_equal(feasible, expected)
        np.testing.assert_allclose(currents, expected_currents, rtol=1e-5, atol=1e-3)
        return feasible

    def split(self, topology: np.ndarray, random: np.random.Generator) -> None:
        part = self.positions.part(int(random.integers(self.positions.n_sub)))
        busbars = random.choice([1, 2], size=part.stop - part.start)
        topology[part] = np.where(topology[part] > 0, busbars, topology[part])

    def open_line(self, topology: np.ndarray, line: int) -> None:
        topology[[self.positions.origin[line], self.positions.extremity[line]]] = -1

    def candidate(self, base: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Splits, opened lines, or an element of any kind that moves, some of them disconnected."""
        topology, positions = base.copy(), self.positions
        kind = random.random()
        if kind < 0.6:
            self.split(topology, random)
        elif kind < 0.8:
            for line in random.integers(positions.n_line, size=2):
                self.open_line(topology, line)
        elif kind < 0.9:
            kinds = (positions.storage, positions.load, positions.generator)
            kinds = [places for places in kinds if len(places)]
            topology[random.choice(kinds[random.integers(len(kinds))])] = random.choice([-1, 2, 2])
        else:
            slack = positions.substation[self.solver._slack[0]]
            topology[positions.part(int(slack))] = 2
            self.split(topology, random)
        return topology


@pytest.fixture(scope="module", params=GRIDS)
def any_grid(request):
    return Setting(request.param), GRIDS[request.param]


@pytest.fixture(scope="module")
def case14_grid():
    return Setting("l2rpn_case14_sandbox")


@pytest.fixture
def single_power_flows(monkeypatch):
    """The grid models that solved a power flow of their own, one entry for each."""
    grids, solve = [], GridModel.solve

    def counted(grid, warm=False):
        grids.append(grid)
        return solve(grid, warm)

    monkeypatch.setattr(GridModel, "solve", counted)
    return grids


def test_stressed_and_split_states(any_grid):
    setting, highest = any_grid
    random, feasible = np.random.default_rng(0), []
    for factor in np.linspace(1, highest, 5):
        base = setting.state.topology.copy()
        setting.split(base, random)
        setting.open_line(base, int(random.integers(setting.positions.n_line)))
        topologies = np.stack([setting.candidate(base, random) for _ in range(60)])
        feasible.extend(setting.assert_same(setting.loaded(factor), base, topologies))
    assert 0.1 < np.mean(feasible) < 0.9


def test_diverging_candidates_need_no_power_flows_of_their_own(any_grid, single_power_flows):
    setting, _ = any_grid
    random, base = np.random.default_rng(1), setting.state.topology
    topologies = np.stack([setting.candidate(base, random) for _ in range(100)])
    topologies = topologies[(topologies[:, setting.solver._slack] == 1).all(axis=1)]
    _, feasible = setting.solver.solve(setting.loaded(4), base, topologies)
    assert not feasible.any()
    assert len(single_power_flows) <= 0.1 * len(topologies)  # of islands in balance, above all


def test_a_moved_slack_generator_needs_few(any_grid, single_power_flows):
    setting, _ = any_grid
    base = setting.state.topology
    moved = base.copy()
    moved[setting.positions.part(int(setting.positions.substation[setting.solver._slack[0]]))] = 2
    topologies = np.repeat(moved[None], 20, axis=0)
    for line, topology in enumerate(topologies):
        setting.open_line(topology, line)
    setting.assert_same(setting.state.injections, base, topologies)
    assert sum(grid is setting.grid for grid in single_power_flows) <= 2


def test_what_converges_from_a_dc_start_alone_is_feasible(case14_grid, single_power_flows):
    """The highest feasible load: there the flat start of a sweep takes more than 10 iterations."""
    base = case14_grid.state.topology
    feasible, infeasible = 1.0, 8.0
    while infeasible - feasible > 1e-5:
        middle = (feasible + infeasible) / 2
        if case14_grid.one_by_one(case14_grid.loaded(middle), base[None])[1][0]:
            feasible = middle
        else:
            infeasible = middle
    single_power_flows.clear()
    topologies = np.repeat(base[None], 4, axis=0)
    assert case14_grid.assert_same(case14_grid.loaded(feasible), base, topologies).all()
    assert sum(grid is case14_grid.grid for grid in single_power_flows) == 4


def test_a_shunt_left_alone_is_an_island(case14_grid):
    """Substation 8 has the shunt: no row can be solved, nor can the base."""
    base = case14_grid.state.topology
    topologies = np.repeat(base[None], 6, axis=0)
    topologies[:, case14_grid.positions.part(8)] = 2
    for line, topology in enumerate(topologies):
        case14_grid.open_line(topology, line)
    assert not case14_grid.assert_same(case14_grid.loaded(1), topologies[0], topologies).any()


def test_an_island_in_balance_is_left_to_a_power_flow(case14_grid):
    """A generator at 0 MW, alone with a shunt and without resistance: grid2op goes on with it."""
    positions, base = case14_grid.positions, case14_grid.state.topology.copy()
    substation = positions.substation
    ends = np.stack(
        [substation[positions.origin], substation[positions.extremity]], axis=1
    ).tolist()
    to_generator, to_shunt = ends.index([6, 7]), ends.index([8, 6])
    case14_grid.open_line(base, ends.index([3, 6]))
    base[positions.part(8)] = 2
    base[positions.origin[to_shunt]] = 1
    base[[positions.extremity[to_shunt], positions.origin[to_generator]]] = 2
    topologies = np.repeat(base[None], 6, axis=0)
    for line, topology in enumerate(topologies[1:]):
        case14_grid.open_line(topology, line)
    gen_p = case14_grid.state.injections.gen_p.copy()
    for active, is_feasible in ((0, True), (1, False)):
        gen_p[substation[positions.generator] == 7] = active
        injections = replace(case14_grid.state.injections, gen_p=gen_p)
        feasible = case14_grid.assert_same(injections, case14_grid.state.topology, topologies)
        assert feasible.any() == is_feasible


def test_a_refused_sweep_is_halved(case14_grid, single_power_flows, monkeypatch):
    sweep_class, sizes = lightsim2grid_cpp.ScenarioSweepCPP, []

    class Refusing:
        def __init__(self, grid):
            self._sweep = sweep_class(grid)

        def __getattr__(self, name):
            return getattr(self._sweep, name)

        def set_topo_actions(self, rows):
            self._size = len(rows)
            self._sweep.set_topo_actions(rows)

        def compute(self, *settings):
            sizes.append(self._size)
            if self._size > 8:
                raise RuntimeError("too many")
            self._sweep.compute(*settings)

    monkeypatch.setattr(lightsim2grid_cpp, "ScenarioSweepCPP", Refusing)
    base = case14_grid.state.topology
    topologies = np.repeat(base[None], 13, axis=0)
    for line, topology in enumerate(topologies):
        case14_grid.open_line(topology, line)
    assert case14_grid.assert_same(case14_grid.loaded(1), base, topologies).any()
    assert max(sizes) > 8
    assert min(sizes) <= 8
    assert sum(grid is case14_grid.grid for grid in single_power_flows) == 0


def test_a_sweep_that_is_kept_solves_other_injections(case14_grid, monkeypatch):
    sweep_class, created = lightsim2grid_cpp.ScenarioSweepCPP, []
    monkeypatch.setattr(
        lightsim2grid_cpp,
        "ScenarioSweepCPP",
        lambda grid: created.append(grid) or sweep_class(grid),
    )
    random, base = np.random.default_rng(2), case14_grid.state.topology
    topologies = np.stack([case14_grid.candidate(base, random) for _ in range(40)])
    for factor in (1.0, 2.2, 0.6):
        injections = case14_grid.loaded(factor)
        case14_grid.assert_same(injections, base, topologies)
        n_created = len(created)
        again = case14_grid.solver.solve(injections, base, topologies)
        assert len(created) == n_created
        alone = SweepSolver(case14_grid.grid.copy()).solve(injections, base, topologies)
        for values, expected in zip(again, alone, strict=True):
            np.testing.assert_allclose(values, expected, rtol=1e-7, atol=1e-9)
