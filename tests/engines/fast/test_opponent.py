"""Opponents of a user's own attack in the stepper as they say."""

from pathlib import Path

import numpy as np
import pytest

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.errors import NotSupportedError
from powrl.player.plugins import load_plugin

PLUGINS = Path(__file__).parents[3] / "examples" / "plugins"
SCENARIOS = Scenarios("rte_case14_realistic")


@pytest.fixture(scope="module")
def opponent():
    return load_plugin("my_opponents:TwoLines", [PLUGINS])


@pytest.fixture(scope="module")
def engine(opponent):
    engine = open_engine("fast", SCENARIOS, opponent=opponent)
    yield engine
    engine.close()


def attacks_of(episode, steps):
    attacks = []
    for _ in range(steps):
        if episode.done:
            break
        episode.step()
        attacks.append(episode.attacked)
    return attacks


def test_several_lines_are_attacked_at_once(engine):
    episode = engine.start("000", 3)
    attacks = attacks_of(episode, 48)
    assert set(attacks[:47]) == {()}
    lines = attacks[47]
    assert len(lines) == 2
    assert not episode.observation.line_status[list(lines)].any()
    assert (episode.observation.time_before_cooldown_line[list(lines)] == 11).all()


def test_the_seed_of_the_episode_fixes_the_attacks(engine):
    first, again, other = (attacks_of(engine.start("000", seed), 50) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_copy_of_an_episode_meets_the_same_attacks(engine):
    episode = engine.start("000", 5)
    attacks_of(episode, 40)
    twin = episode.copy()
    assert attacks_of(twin, 10) == attacks_of(episode, 10)
    np.testing.assert_array_equal(twin.observation.rho, episode.observation.rho)


def test_grid2op_itself_is_not_given_one(opponent):
    with pytest.raises(NotSupportedError, match="attacks in the engine fast alone"):
        open_engine("grid2op", SCENARIOS, opponent=opponent)
