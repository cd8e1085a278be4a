"""What the loss of each attacked line leaves, topology by topology."""

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.attack_losses import COMPOSED, AttackLosses
from powrl.player.rules.corrections import Corrections
from tests.player.rules.situations import actions_of, situation_of, wait

NAMES = ("62_58_180", "44_45_126", "34_35_110")


class Case:
    """Three lines of the grid of 36 substations, in nominal topology and in two splits."""

    def __init__(self, environment, normalization=(), lines=NAMES):
        observation = wait(environment)
        self.simulator = batch_simulator(environment)
        self.actions = actions_of(environment, maximum_elements=5)
        self.situation = situation_of(
            environment, observation, self.simulator, actions=self.actions
        )
        self.state = self.situation.state
        names = list(environment.name_line)
        self.lines = np.array([names.index(name) for name in lines])
        corrections = Corrections(self.simulator, 1.0, 1, 24)
        self.losses = AttackLosses(self.simulator, corrections, self.lines, normalization)
        nominal = self.state.topology
        splits = [self.actions.played_in(nominal, number) for number in (3, 17)]
        self.topologies = np.array(
            [nominal, *(np.where(one.set_bus > 0, one.set_bus, nominal) for one in splits)]
        )

    def loads(self, topology, *lines):
        """Loads by the simulator's own evaluation, the lines out."""
        state = self.state.with_topology(topology).without_line(self.simulator.positions, *lines)
        nothing = GridAction.nothing(self.simulator.positions)
        return self.simulator.evaluate_state(state, [nothing])[0].rho

    def hanging_load(self):
        """A topology that leaves a load or a generator on the first line."""
        positions = self.simulator.positions
        end = positions.extremity[self.lines[0]]
        load = next(
            place
            for place in [*positions.load, *positions.generator]
            if positions.substation[place] == positions.substation[end]
        )
        hanging = self.state.topology.copy()
        hanging[[load, end]] = 2
        return hanging


def test_lines_are_drawn_by_their_loads_over_their_normalization(neurips):
    case = Case(neurips, normalization=(0.5, 1.0, 2.0))
    shares = case.losses.shares(case.situation, case.state, case.topologies)
    for share, topology in zip(shares, case.topologies, strict=True):
        drawn = case.loads(topology)[case.lines] / np.array([0.5, 1.0, 2.0])
        assert share == pytest.approx(drawn / drawn.sum(), rel=1e-4)


def test_loads_after_losses_are_those_of_the_simulator(neurips):
    case = Case(neurips)
    lost, corrected = case.losses.loads(case.situation, case.state, case.topologies)
    for row, topology in zip(lost, case.topologies, strict=True):
        for load, line in zip(row, case.lines, strict=True):
            assert load == pytest.approx(case.loads(topology, line).max(), rel=1e-4)
    assert (corrected <= lost + 1e-6).all()


def test_corrections_of_the_nominal_topology_are_tried_on_top_of_each(neurips, monkeypatch):
    monkeypatch.setattr("powrl.player.rules.attack_losses.HARMLESS_LOAD", 0.0)
    case = Case(neurips)
    _, corrected = case.losses.loads(case.situation, case.state, case.topologies)
    line = int(case.lines[0])
    without = case.state.without_line(case.simulator.positions, line)
    best = (
        Corrections(case.simulator, 1.0, 1, 24).best(case.situation, without).topologies[:COMPOSED]
    )
    positions = case.simulator.positions
    for number, topology in enumerate(case.topologies):
        bare = np.where(without.topology < 0, -1, topology)
        loads = [case.loads(topology, line).max()]
        for after in best:
            changed = np.unique(positions.substation[after != without.topology])
            composed = np.where(np.isin(positions.substation, changed), after, bare)
            loads.append(case.loads(np.where(bare < 0, -1, composed), line).max())
        assert corrected[number, 0] == pytest.approx(min(loads), rel=1e-4)


def test_lines_in_a_row_share_one_search(neurips, monkeypatch):
    """Nothing else is connected between 62_58_180 and 62_63_160."""
    monkeypatch.setattr("powrl.player.rules.attack_losses.HARMLESS_LOAD", 0.0)
    alone = Case(neurips.copy(), lines=("62_63_160", "34_35_110"))
    _, expected = alone.losses.loads(alone.situation, alone.state, alone.topologies)
    searched, best = [], Corrections.best

    def counted(self, situation, state):
        searched.append(state)
        return best(self, situation, state)

    monkeypatch.setattr(Corrections, "best", counted)
    case = Case(neurips, lines=("62_58_180", "62_63_160", "34_35_110"))
    _, corrected = case.losses.loads(case.situation, case.state, case.topologies)
    assert len(searched) == 2
    assert corrected[:, 1] == pytest.approx(expected[:, 0], abs=5e-3)
    assert corrected[:, 2] == pytest.approx(expected[:, 1], abs=1e-6)


def test_the_loss_of_a_load_is_not_corrected(neurips):
    case = Case(neurips)
    hanging = case.hanging_load()
    lost, corrected = case.losses.loads(case.situation, case.state, hanging[None])
    assert lost[0, 0] == corrected[0, 0] == np.inf
