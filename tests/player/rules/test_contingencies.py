"""What a plan of the generators has to prevent: the losses that no action of the set corrects."""

from dataclasses import replace

import numpy as np
import pytest

from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.clock import Clock
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules import contingencies as module
from powrl.player.rules import corrections
from powrl.player.rules.attack_limits import AttackLimits
from powrl.player.rules.attack_pause import LEAD_STEPS, AttackPause, PauseCounter
from powrl.player.rules.attack_value import AttackValue
from powrl.player.rules.contingencies import Contingencies
from powrl.player.rules.corrections import Corrections
from powrl.player.rules.memory import EpisodeMemory
from tests.player.rules.situations import actions_of, disconnect, situation_of, wait

ATTACKED = ("48_50_136", "48_53_141", "62_58_180")
INTERVAL = 24


def one(limit):
    """The same limit for all lines."""
    return AttackLimits(limit, 0.0, AttackValue(len(ATTACKED), (), ()))


def contingencies_of(environment, limit=None, actions=1, pause=0):
    """Those of three lines; with no limit given, each loss exceeds it."""
    names = list(environment.name_line)
    lines = np.array([names.index(name) for name in ATTACKED])
    simulator = batch_simulator(environment)
    rule = AttackPause(lines, pause, simulator.rules.reconnection_time)
    if limit is None:
        losses = losses_of(environment, Contingencies(simulator, lines, one(1.0), None, rule))
        limit = loads_without_action(environment, losses).min() - 0.01
    searched = Corrections(simulator, float(limit), actions, INTERVAL) if actions else None
    return Contingencies(simulator, lines, one(float(limit)), searched, rule)


def losses_of(environment, contingencies, memory=None, clock=None):
    observation, simulator = environment.get_obs(), batch_simulator(environment)
    situation = situation_of(
        environment,
        observation,
        simulator,
        memory=memory,
        clock=clock,
        actions=actions_of(environment),
    )
    return contingencies.losses(situation, situation.state)


def loads_without_action(environment, losses):
    batch = batch_simulator(environment)
    nothing = GridAction.nothing(batch.positions)
    return np.array([batch.evaluate_state(loss.state, [nothing])[0].max_rho for loss in losses])


def best_of_set(environment, state):
    batch = batch_simulator(environment)
    played = [
        GridAction.of_substation(batch.positions, action.substation, action.busbars, state.topology)
        for action in actions_of(environment)
    ]
    return min(outcome.max_rho for outcome in batch.evaluate_state(state, played))


def test_without_correction_each_loss_is_to_be_prevented(neurips):
    losses = losses_of(neurips, contingencies_of(neurips, actions=0))
    origin = Positions.from_grid2op(neurips).origin
    assert [list(neurips.name_line)[loss.line] for loss in losses] == list(ATTACKED)
    assert all(loss.state.topology[origin[loss.line]] == -1 for loss in losses)


def test_the_best_correction_is_in_the_state(neurips):
    losses = losses_of(neurips, contingencies_of(neurips))
    bare = losses_of(neurips, contingencies_of(neurips, actions=0))
    before = {loss.line: loss.state for loss in bare}
    assert losses
    for loss, load in zip(losses, loads_without_action(neurips, losses), strict=True):
        assert load == pytest.approx(best_of_set(neurips, before[loss.line]), abs=1e-5)


def test_a_correction_lowers_the_load(neurips):
    bare = losses_of(neurips, contingencies_of(neurips, actions=0))
    corrected = losses_of(neurips, contingencies_of(neurips))
    lines = [loss.line for loss in corrected]
    before = [
        load
        for loss, load in zip(bare, loads_without_action(neurips, bare), strict=True)
        if loss.line in lines
    ]
    assert (loads_without_action(neurips, corrected) < np.array(before) - 0.03).all()


def test_a_second_action_lowers_the_load_further(neurips):
    """It is that of the best pair, the first of those that are best alone."""
    bare = losses_of(neurips, contingencies_of(neurips, actions=0))
    before = {loss.line: loss.state for loss in bare}
    single = losses_of(neurips, contingencies_of(neurips))
    paired = losses_of(neurips, contingencies_of(neurips, actions=2))
    assert [loss.line for loss in paired] == [loss.line for loss in single]
    loads = loads_without_action(neurips, paired)
    assert (loads <= loads_without_action(neurips, single) + 1e-6).all()
    assert (loads < loads_without_action(neurips, single) - 0.01).any()
    for loss, load in zip(paired, loads, strict=True):
        assert load == pytest.approx(best_pair(neurips, before[loss.line]), abs=1e-5)


def best_pair(environment, state):
    """The lowest load after one action of the set, or after another on top of a good one."""
    batch, actions = batch_simulator(environment), actions_of(environment)

    def after(topology):
        played = [
            GridAction.of_substation(batch.positions, one.substation, one.busbars, topology)
            for one in actions
        ]
        outcomes = batch.evaluate_state(state.with_topology(topology), played)
        reached = [np.where(one.set_bus > 0, one.set_bus, topology) for one in played]
        return np.array([outcome.max_rho for outcome in outcomes]), reached

    loads, reached = after(state.topology)
    ranked = loads.argsort(kind="stable")
    first, second = ranked[: corrections.PAIRED_FIRST], ranked[: corrections.PAIRED_SECOND]
    return min(loads.min(), *(after(reached[number])[0][second].min() for number in first))


def test_losses_far_below_the_limit_are_left_out(neurips):
    assert losses_of(neurips, contingencies_of(neurips, limit=2.0)) == []


def test_while_an_attack_goes_on_there_is_no_other(neurips):
    contingencies = contingencies_of(neurips)
    line = int(contingencies.lines[0])
    disconnect(neurips, line, cooldown=3)
    assert losses_of(neurips, contingencies)
    observation = neurips.get_obs()
    situation = situation_of(
        neurips, observation, batch_simulator(neurips), actions=actions_of(neurips, 4)
    )
    cooldown = situation.state.line_cooldown.copy()
    cooldown[line] = LEAD_STEPS + 1
    object.__setattr__(situation.state, "line_cooldown", cooldown)
    assert contingencies.losses(situation, situation.state) == []


def test_where_no_attack_may_come_nothing_is_prevented(neurips):
    contingencies = contingencies_of(neurips, pause=288)
    memory = EpisodeMemory()
    memory.part(PauseCounter).left = 288 + LEAD_STEPS + 1
    assert losses_of(neurips, contingencies, memory)
    memory.part(PauseCounter).left += 1
    assert losses_of(neurips, contingencies, memory) == []


def test_a_loss_that_ends_the_episode_at_once_is_not_corrected(neurips):
    """No action is played before the game is over, whatever it would do after the loss."""
    contingencies = contingencies_of(neurips)
    bare = losses_of(neurips, contingencies_of(neurips, actions=0))
    fatal = bare[0]
    loads = {loss.line: load for loss, load in zip(bare, [np.inf, 2.0, 2.0], strict=True)}
    contingencies._loads_after = lambda *_: np.array([loads[line] for line in contingencies.lines])
    first, *others = losses_of(neurips, contingencies)
    assert np.array_equal(first.state.topology, fatal.state.topology)
    assert all(
        (loss.state.topology != before.state.topology).any()
        for loss, before in zip(others, bare[1:], strict=True)
    )


def test_the_line_under_attack_may_be_lost_again(neurips):
    contingencies = contingencies_of(neurips, actions=0)
    disconnect(neurips, int(contingencies.lines[0]), cooldown=3)
    origin = Positions.from_grid2op(neurips).origin[contingencies.lines]
    for number, loss in enumerate(losses_of(neurips, contingencies)):
        out = loss.state.topology[origin] == -1
        assert out.tolist() == [place == number for place in range(3)]


@pytest.mark.parametrize(
    ("steps", "are_all"), [(0, False), (INTERVAL - 1, False), (INTERVAL, True)]
)
def test_all_corrections_are_simulated_once_in_a_while(neurips, steps, are_all):
    contingencies, memory = contingencies_of(neurips), EpisodeMemory()
    losses_of(neurips, contingencies, memory)
    for search in memory.part(corrections._CorrectionMemory).searches.values():
        object.__setattr__(search, "step", search.step - steps)
    clock = Clock(1e6)
    losses_of(neurips, contingencies, memory, clock)
    simulated = 1e6 - clock._simulations
    if are_all:
        assert simulated > 3 * len(actions_of(neurips)) / 2
    else:
        assert simulated <= 3 * (corrections.GOOD_CORRECTIONS + 1)


def test_the_same_correction_stays_while_it_is_as_good(neurips, monkeypatch):
    contingencies, memory = contingencies_of(neurips), EpisodeMemory()
    first = losses_of(neurips, contingencies, memory)
    monkeypatch.setattr(module, "AS_GOOD", np.inf)
    for _ in range(3):
        wait(neurips)
    later = losses_of(neurips, contingencies, memory)
    for before, after in zip(first, later, strict=True):
        np.testing.assert_array_equal(before.state.topology, after.state.topology)


def test_without_simulations_left_nothing_is_corrected(neurips):
    bare = losses_of(neurips, contingencies_of(neurips, actions=0))
    losses = losses_of(neurips, contingencies_of(neurips), clock=Clock(1))
    for before, after in zip(bare, losses, strict=True):
        np.testing.assert_array_equal(before.state.topology, after.state.topology)


def test_lines_in_maintenance_stay_out_after_a_loss(neurips):
    """Corrections are evaluated in the grid that is there."""
    contingencies = contingencies_of(neurips)
    simulator = batch_simulator(neurips)
    situation = situation_of(
        neurips, wait(neurips), simulator, actions=actions_of(neurips, maximum_elements=5)
    )
    line, ends = int(contingencies.lines[0]), simulator.positions
    state = situation.state.without_line(ends, line)
    maintenance_in = state.maintenance_in.copy()
    maintenance_in[line] = 0
    state = replace(state, maintenance_in=maintenance_in)
    assert state.maintenance[line]
    losses = contingencies.losses(situation, state)
    assert losses
    assert all(loss.state.topology[ends.origin[line]] < 0 for loss in losses)


def test_each_line_has_its_own_limit_by_the_loads_after_its_loss(neurips):
    """The loss of the third one leaves 1.36, of which half of its chance is known beforehand."""
    limits = AttackLimits(2.0, 0.05, AttackValue(3, [(-6.0, 10.0, 5.0, 0.0)] * 3, ()))
    contingencies = contingencies_of(neurips, limit=1.0)
    contingencies._limits = limits
    bare = losses_of(neurips, contingencies_of(neurips, actions=0))
    lost = loads_without_action(neurips, bare)
    expected, costs = limits.at(neurips.get_obs(), lost)
    assert (lost > expected).tolist() == [False, False, True]
    (loss,) = losses_of(neurips, contingencies)
    assert loss.line == list(neurips.name_line).index(ATTACKED[2])
    assert loss.limit == pytest.approx(expected[2], abs=1e-5)
    assert loss.cost == pytest.approx(costs[2], rel=1e-3)
    assert loads_without_action(neurips, [loss])[0] < lost[2]
