"""Lines are reconnected where that does no harm."""

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.rules.reconnection import Reconnection
from tests.player.rules.situations import Scripted, changed_by, disconnect, play, split

LINE = 5


def reconnect(environment, observation, *simulator, **settings):
    return changed_by(Reconnection, environment, observation, *simulator, **settings)


def ends_of(environment, line):
    return [
        int(environment.line_or_pos_topo_vect[line]),
        int(environment.line_ex_pos_topo_vect[line]),
    ]


def test_not_to_a_busbar_that_is_empty_by_now(case14):
    """A line that was on busbar 2 comes back where the rest of the substation is."""
    layout = GridLayout.from_grid2op(case14)
    line = 3
    substation = int(case14.line_or_to_subid[line])
    busbars = np.ones(len(layout.elements[substation]), dtype=int)
    busbars[[case14.line_or_to_sub_pos[line], 0]] = 2
    observation = case14.get_obs()
    positions = Positions.from_grid2op(case14)
    two_busbars = GridAction.of_substation(positions, substation, busbars, observation.topo_vect)
    play(case14, two_busbars)
    observation = disconnect(case14, line)
    joined = GridAction.of_substation(positions, substation, busbars * 0 + 1, observation.topo_vect)
    observation, *_ = play(case14, joined)
    assert set(np.delete(observation.topo_vect, ends_of(case14, line))) == {1}
    after, _, _, info = play(case14, reconnect(case14, observation).action)
    assert not info["is_illegal"]
    assert after.line_status[line]
    assert abs(after.p_or[line]) > 1


def test_to_the_better_of_two_busbars(case14):
    observation = split(case14)
    position = int(np.flatnonzero(observation.topo_vect == 2)[0])
    substation = int(Positions.from_grid2op(case14).substation[position])
    line = int(np.flatnonzero(case14.line_or_to_subid == substation)[0])
    observation = disconnect(case14, line)
    decision = reconnect(case14, observation)
    assert len(decision.candidates) == 3
    loads = [candidate.outcome.max_rho for candidate in decision.candidates[1:]]
    assert decision.choice == decision.candidates[1 + int(np.argmin(loads))].label


def test_a_disconnected_line_is_reconnected(case14):
    observation = disconnect(case14, LINE)
    decision = reconnect(case14, observation)
    assert decision.rule == "reconnection"
    assert decision.lines == (LINE,)
    assert decision.outcome is decision.candidates[1].outcome
    after, _, _, info = play(case14, decision.action)
    assert not info["is_illegal"]
    assert after.line_status[LINE]


def test_nothing_to_reconnect(case14):
    observation = case14.get_obs()
    assert reconnect(case14, observation) is None


def test_not_while_the_line_is_in_cooldown(case14):
    observation = disconnect(case14, LINE)
    observation.time_before_cooldown_line[LINE] = 3
    assert reconnect(case14, observation) is None


@pytest.mark.parametrize(
    ("nothing", "reconnected", "critical_rho", "done"),
    [
        (0.5, 0.8, 0.9, True),  # higher, but below the critical load
        (1.2, 1.1, 0.9, True),  # overloaded, but less than without
        (0.5, 0.95, 0.9, False),  # does harm
        (0.5, np.inf, 0.9, False),  # blackout
        (np.inf, np.inf, 0.9, False),  # blackout either way
    ],
)
def test_only_when_it_does_no_harm(case14, nothing, reconnected, critical_rho, done):
    observation = disconnect(case14, LINE)
    simulator = Scripted([nothing, reconnected])
    decision = reconnect(case14, observation, simulator, critical_rho=critical_rho)
    assert (decision is not None) is done


def test_the_line_that_leaves_the_lowest_load_is_chosen(case14):
    disconnect(case14, 16)
    observation = disconnect(case14, LINE)
    simulator = Scripted([0.9, 0.8, 0.7])
    decision = reconnect(case14, observation, simulator)
    assert decision.lines == (LINE, 16)
    assert decision.choice == f"reconnect {case14.name_line[16]}"
