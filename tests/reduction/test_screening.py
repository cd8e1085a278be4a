"""Screening by estimated loads is refused where it does not find the AC best."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.actions.grid_action import GridAction
from powrl.player.errors import PowrlError
from powrl.player.lookahead.state import GridState
from powrl.reduction.screening import Screen, measure_recall, screened


@pytest.fixture(scope="module", params=["rte_case14_realistic", "l2rpn_neurips_2020_track1"])
def engine(request):
    engine = open_engine("fast", Scenarios(request.param), cached=False)
    yield engine
    engine.close()


def all_topologies(positions, substation):
    part = positions.part(substation)
    rows = list(product((1, 2), repeat=part.stop - part.start - 1))
    return np.array([(1, *row) for row in rows], dtype=np.int8)


def states_of(engine, count=6):
    """Along an episode in which substations are split and lines are out."""
    generator, simulator = np.random.default_rng(1), engine.simulator()
    positions, states = simulator.positions, []
    episode = engine.start(engine.scenarios[0], 0)
    while len(states) < count:
        for _ in range(4):
            substation = int(generator.choice(np.flatnonzero(_sizes(positions) == 6)))
            action = GridAction.nothing(positions)
            options = all_topologies(positions, substation)
            action.set_bus[positions.part(substation)] = options[generator.integers(len(options))]
            (outcome,) = simulator.evaluate(episode.observation, [action])
            episode.step(action if outcome.max_rho < 1 else None)
        assert not episode.done
        states.append(GridState.from_observation(episode.observation))
    return states


def _sizes(positions):
    return np.bincount(positions.substation)


def test_the_best_of_ac_survive(engine):
    positions, simulator = engine.model.positions, engine.simulator()
    screen = Screen(engine.model)
    sizes = _sizes(positions)
    topologies = {
        int(substation): all_topologies(positions, int(substation))
        for substation in np.flatnonzero((sizes >= 4) & (sizes <= 7))
    }
    states = states_of(engine)
    assert measure_recall(screen, simulator, states, topologies, 20) >= 0.8
    screen.trust(1.0)
    survivors = screened(screen, states[0], topologies, 20)
    assert len(survivors) == 20
    loads = [outcome.max_rho for outcome in simulator.evaluate_state(states[0], survivors)]
    assert np.isfinite(loads).all()


def test_one_that_survives_by_chance_is_not_enough(engine):
    """Keeping a single one of a bad estimate loses the best: the measure can be low."""
    screen = Screen(engine.model)
    ends = screen._estimator.ends
    screen._estimator.ends = ends._replace(own=ends.own * np.linspace(0.1, 10, len(ends.own)))
    positions, sizes = engine.model.positions, _sizes(engine.model.positions)
    topologies = {int(s): all_topologies(positions, int(s)) for s in np.flatnonzero(sizes == 5)}
    recall = measure_recall(screen, engine.simulator(), states_of(engine), topologies, 1)
    assert recall < 0.9
    with pytest.raises(PowrlError, match=r"in only \d+% of the states of this grid; evaluate all"):
        screen.trust(recall)
    assert not screen.trusted


def test_no_screening_before_it_is_trusted(engine):
    screen = Screen(engine.model)
    (state,) = states_of(engine, 1)
    with pytest.raises(PowrlError, match="measure its recall with measure_recall"):
        screened(screen, state, {}, 5)
    screen.trust(0.95)
    assert screened(screen, state, {}, 5) == []


def test_substations_in_cooldown_are_left_out(engine):
    screen = Screen(engine.model)
    screen.trust(1.0)
    positions = engine.model.positions
    substation = int(np.flatnonzero(_sizes(positions) == 6)[0])
    (state,) = states_of(engine, 1)
    cooldown = np.zeros(positions.n_sub, dtype=int)
    cooldown[substation] = 3
    topologies = {substation: all_topologies(positions, substation)}
    assert screened(screen, replace(state, substation_cooldown=cooldown), topologies, 5) == []
