"""Advantages of decisions that are a varying number of grid steps apart."""

import numpy as np
import pytest

from powrl.learning.returns import decision_advantages

GAMMA = 0.9


def advantages(rewards, passed, ended, values=None, last=0.0, gae_lambda=1.0):
    column = np.array(rewards, dtype=float)[:, None]
    return decision_advantages(
        column,
        np.zeros_like(column) if values is None else np.array(values, dtype=float)[:, None],
        np.array([last]),
        np.power(GAMMA, np.array(passed))[:, None],
        np.array(ended)[:, None],
        gae_lambda,
    )[:, 0]


@pytest.mark.parametrize("gaps", [[1, 1, 1, 1, 1, 1], [3, 3], [1, 4, 1], [6]])
def test_the_return_does_not_depend_on_how_often_a_decision_was_due(gaps):
    """Six grid steps of reward 1, cut into decisions in several ways."""
    rewards = [sum(GAMMA**i for i in range(gap)) for gap in gaps]
    ended = [False] * (len(gaps) - 1) + [True]
    first = advantages(rewards, gaps, ended)[0]
    assert first == pytest.approx(sum(GAMMA**i for i in range(6)))


def test_the_value_of_the_next_state_is_discounted_by_the_steps_passed():
    assert advantages([0.0], [3], [False], last=10.0)[0] == pytest.approx(10 * GAMMA**3)
    assert advantages([2.0], [3], [True], last=10.0)[0] == 2.0


def test_one_step_per_decision_is_what_stable_baselines3_computes():
    buffers = pytest.importorskip("stable_baselines3.common.buffers")
    from gymnasium import spaces
    from torch import as_tensor

    generator = np.random.default_rng(0)
    n_steps, n_envs = 12, 3
    shape = (n_steps, n_envs)
    rollout = buffers.RolloutBuffer(
        n_steps, spaces.Box(0, 1, (1,)), spaces.Discrete(2), "cpu", 0.8, GAMMA, n_envs
    )
    rollout.rewards = generator.normal(size=shape).astype(np.float32)
    rollout.values = generator.normal(size=shape).astype(np.float32)
    ended = generator.random(shape) < 0.3
    rollout.episode_starts[1:] = ended[:-1]
    last = generator.normal(size=n_envs).astype(np.float32)
    rollout.compute_returns_and_advantage(as_tensor(last), ended[-1])
    advantages = decision_advantages(
        rollout.rewards, rollout.values, last, np.full(shape, GAMMA), ended, 0.8
    )
    np.testing.assert_allclose(advantages, rollout.advantages, rtol=1e-4, atol=1e-5)
