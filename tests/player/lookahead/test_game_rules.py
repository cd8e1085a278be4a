"""Rules for stacked actions are grid2op's, on any action at all."""

import copy

import numpy as np
import pytest
from grid2op.Rules import AlwaysLegal, DefaultRules
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.grid_action import GridAction
from powrl.player.errors import PowrlError
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.game_rules import (
    Rules,
    ambiguous,
    impact,
    judge,
    switch,
    topology_after,
)
from powrl.testing.random_play import random_action

NO_RESET = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
OUT, SPLIT = 5, 1


@pytest.fixture(scope="module", params=["rte_case14_realistic", "l2rpn_wcci_2022_dev"])
def disturbed(request):
    """A grid with a line out, a substation split, and both in cooldown or not."""
    environment = open_environment(Scenarios(request.param))
    environment.reset()
    positions = Positions.from_grid2op(environment)
    action = GridAction.nothing(positions)
    action.set_line_status[OUT] = -1
    environment.step(action.to_grid2op(environment.action_space))
    action = GridAction.nothing(positions)
    action.set_bus[positions.part(SPLIT)] = 1
    action.set_bus[positions.part(SPLIT)][[0, 2]] = 2
    _, _, done, info = environment.step(action.to_grid2op(environment.action_space))
    assert not done
    assert not info["is_illegal"]
    yield environment
    environment.close()


@NO_RESET
@given(seed=st.integers(0, 2**32 - 1), waited=st.booleans())
def test_legality_impact_and_topology_are_grid2ops(disturbed, seed, waited):
    positions, rules = Positions.from_grid2op(disturbed), Rules.from_environment(disturbed)
    action = random_action(positions, np.random.default_rng(seed))
    observation = disturbed.get_obs()
    cooldown = 0 if waited else 1
    disturbed._times_before_line_status_actionable[:] *= cooldown
    stacked = action.set_bus[None], action.set_line_status[None]
    true = action.to_grid2op(disturbed.action_space)

    lines, substations = impact(positions, *stacked, observation.line_status)
    true_lines, true_substations = true.get_topological_impact(observation.line_status)
    np.testing.assert_array_equal(lines[0], true_lines)
    np.testing.assert_array_equal(substations[0], true_substations)

    contradicts, _ = true.is_ambiguous()
    assert ambiguous(positions, *stacked)[0] == contradicts
    legality = judge(
        positions,
        rules,
        *stacked,
        observation.line_status,
        disturbed._times_before_line_status_actionable,
        observation.time_before_cooldown_sub,
    )
    legal, _ = disturbed._game_rules(action=true, env=disturbed)
    assert legality.playable[0] == (legal and not contradicts)

    backend_action = copy.deepcopy(disturbed._backend_action)
    last = backend_action.last_topo_registered.values.copy()
    backend_action += true
    after = topology_after(positions, observation.topo_vect, last, *stacked)
    np.testing.assert_array_equal(after[0], backend_action.current_topo.values)


@NO_RESET
@given(seed=st.integers(0, 2**32 - 1))
def test_a_switch_is_judged_as_any_action(disturbed, seed):
    """Of elements in service and out, on one substation or two, to busbars that exist or not."""
    positions, rules = Positions.from_grid2op(disturbed), Rules.from_environment(disturbed)
    random, observation = np.random.default_rng(seed), disturbed.get_obs()
    action = GridAction.nothing(positions)
    for substation in random.choice([SPLIT, *range(4)], size=random.integers(1, 3)):
        part = positions.part(substation)
        size = len(action.set_bus[part])
        action.set_bus[part] = random.choice(
            [-1, 0, 1, 2, 3], size, p=[0.02, 0.3, 0.33, 0.33, 0.02]
        )
    cooldown = observation.time_before_cooldown_sub * int(random.integers(0, 2))
    topology, last = observation.topo_vect, np.abs(observation.topo_vect)
    simple = switch(positions, rules, action.set_bus, topology, cooldown)
    part = action.set_bus[action.set_bus != 0]
    if not len(part) or part.min() < 1 or part.max() > 2 or topology[action.set_bus != 0].min() < 1:
        assert simple is None
        return
    stacked = action.set_bus[None], action.set_line_status[None]
    timers = observation.line_status, np.zeros(positions.n_line), cooldown
    legality = judge(positions, rules, *stacked, *timers)
    assert simple[0] == legality.playable[0]
    assert not legality.lines.any()
    np.testing.assert_array_equal(simple[1], legality.substations[0])
    np.testing.assert_array_equal(simple[2], topology_after(positions, topology, last, *stacked)[0])


def test_stacked_actions_are_judged_each_by_itself(disturbed):
    positions, rules = Positions.from_grid2op(disturbed), Rules.from_environment(disturbed)
    observation = disturbed.get_obs()
    generator = np.random.default_rng(0)
    actions = [random_action(positions, generator) for _ in range(50)]
    timers = (
        observation.line_status,
        observation.time_before_cooldown_line,
        observation.time_before_cooldown_sub,
    )
    set_bus = np.stack([action.set_bus for action in actions])
    set_line_status = np.stack([action.set_line_status for action in actions])
    together = judge(positions, rules, set_bus, set_line_status, *timers)
    for row, action in enumerate(actions):
        alone = judge(positions, rules, action.set_bus[None], action.set_line_status[None], *timers)
        assert together.playable[row] == alone.playable[0]
    assert 0 < together.playable.sum() < len(actions)


def test_changes_are_counted_by_area():
    """`RulesByArea`: one substation in each area may be changed at once."""
    environment = open_environment(Scenarios("l2rpn_idf_2023"))
    environment.reset()
    observation, *_ = environment.step(environment.action_space({}))  # before, all is legal
    rules, positions = Rules.from_environment(environment), Positions.from_grid2op(environment)
    assert len(rules.areas) > 1
    first, second = (
        [int(s) for s in area.substations if environment.sub_info[s] > 4]
        for area in rules.areas[:2]
    )
    for substations, legal in (((first[0], first[1]), False), ((first[0], second[0]), True)):
        action = GridAction.nothing(positions)
        for substation in substations:
            action.set_bus[positions.part(substation)] = 1
        legality = judge(
            positions,
            rules,
            action.set_bus[None],
            action.set_line_status[None],
            observation.line_status,
            observation.time_before_cooldown_line,
            observation.time_before_cooldown_sub,
        )
        true, _ = environment._game_rules(
            action=action.to_grid2op(environment.action_space), env=environment
        )
        assert legality.playable[0] == true == legal
    environment.close()


def test_always_legal_and_unknown_rules():
    environment = open_environment(Scenarios("rte_case14_realistic"), gamerules_class=AlwaysLegal)
    assert Rules.from_environment(environment).areas == ()
    environment.close()

    class HouseRules(DefaultRules):
        pass

    environment = open_environment(Scenarios("rte_case14_realistic"), gamerules_class=HouseRules)
    with pytest.raises(PowrlError, match="the game rules HouseRules are only known to grid2op"):
        Rules.from_environment(environment)
    environment.close()
