"""The algorithms learn what is rewarded, go on exactly, and start from agents and networks."""

import numpy as np
import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")

import torch

from powrl.configuration.loading import load_configuration
from powrl.configuration.training_section import ALGORITHMS
from powrl.learning.algorithms.base import Algorithm
from powrl.learning.algorithms.making import make_algorithm
from powrl.learning.algorithms.replay import ReplayMemory
from powrl.learning.lessons import Lessons
from powrl.learning.rollout import Trajectory
from powrl.player.errors import PowrlError

N_FEATURES, N_ACTIONS = 6, 5
SETTINGS = (
    "training.layers=[16]",
    "training.batch_size=32",
    "training.learning_rate=0.01",
    "training.timesteps=4000",
)


def algorithm_of(name: str, *more: str) -> Algorithm:
    overrides = [*SETTINGS, f"training.algorithm={name}", *more]
    return make_algorithm(load_configuration("case14", overrides), N_FEATURES, N_ACTIONS)


def bandit(algorithm: Algorithm, random: np.random.Generator, n: int = 40) -> Trajectory:
    """An episode in which action 2 alone is rewarded, which is often illegal."""
    features = random.normal(size=(n, N_FEATURES)).astype(np.float32)
    masks = random.random((n, N_ACTIONS)) < 0.7
    masks[:, 0] = True
    policy, exploration = algorithm.policy(), algorithm.exploration()
    actions = [
        exploration.draw(policy.logits(state), mask, random)
        for state, mask in zip(features, masks, strict=True)
    ]
    drawn = np.array(actions, dtype=np.int64)
    legal = masks[np.arange(n), drawn]
    rewards = ((drawn == 2) & legal).astype(np.float32)
    return Trajectory("a", n, n, features, masks, drawn, rewards, np.full(n, 50))


def success(algorithm: Algorithm, random: np.random.Generator) -> float:
    """How often the policy's first choice among four actions is the rewarded one."""
    policy = algorithm.policy()
    states = random.normal(size=(200, N_FEATURES)).astype(np.float32)
    return float(np.mean([policy.logits(state)[:4].argmax() == 2 for state in states]))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_learns_what_is_rewarded(name):
    algorithm = algorithm_of(name)
    random = np.random.default_rng(0)
    for seed in range(25 if name != "a2c" else 100):
        algorithm.learn([bandit(algorithm, random)], seed)
    assert success(algorithm, random) > 0.9
    assert algorithm.timesteps == (25 if name != "a2c" else 100) * 40


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_goes_on_as_if_it_had_not_stopped(name, tmp_path):
    first, second = algorithm_of(name), algorithm_of(name)
    random = np.random.default_rng(0)
    episodes = [bandit(first, random) for _ in range(3)]
    first.learn(episodes[:2], 0)
    stored = first.state()
    memory = {key: array.copy() for key, array in stored.get("memory", {}).items()}
    torch.save(
        {**stored, "memory": {k: torch.as_tensor(v) for k, v in memory.items()}}, tmp_path / "a"
    )
    first.learn(episodes[2:], 1)
    second.restore(torch.load(tmp_path / "a", weights_only=True))
    second.learn(episodes[2:], 1)
    assert second.timesteps == first.timesteps == 120
    pairs = zip(first.policy().weights, second.policy().weights, strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)
    assert np.array_equal(first.policy().mean, second.policy().mean)
    assert first.exploration() == second.exploration()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_starts_from_a_policy(name):
    trained, fresh = algorithm_of(name), algorithm_of(name, "training.seed=9")
    trained.learn([bandit(trained, np.random.default_rng(0))], 0)
    policy = trained.policy()
    fresh.start_from(policy)
    states = np.random.default_rng(1).normal(size=(20, N_FEATURES))
    for state in states:
        np.testing.assert_allclose(fresh.policy().logits(state), policy.logits(state), rtol=1e-5)
    fresh.learn([bandit(fresh, np.random.default_rng(2))], 0)
    np.testing.assert_allclose(fresh.policy().mean, policy.mean, atol=0.01)


def test_other_layers_are_no_start():
    with pytest.raises(PowrlError, match=r"layers of \[6, 16, 5\] units with relu, the config.*8"):
        algorithm_of("ppo", "training.layers=[8]").start_from(algorithm_of("ppo").policy())


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_imitates(name):
    algorithm = algorithm_of(name)
    random = np.random.default_rng(0)

    def episode(number: int) -> Lessons:
        features = random.normal(size=(60, N_FEATURES)).astype(np.float32)
        ranks = np.tile(np.array([0.5, 0.4, 0.1, 0.9, np.inf], dtype=np.float32), (60, 1))
        return Lessons(features, ranks, features[:, 0], str(number))

    configuration = load_configuration("case14", ["imitation.epochs=30", "imitation.batch_size=64"])
    rows: list[dict] = []
    algorithm.imitate(
        [episode(number) for number in range(8)], configuration.imitation, rows.append
    )
    assert rows[-1]["held_out_loss"] < rows[0]["held_out_loss"]
    assert success(algorithm, random) > 0.9


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_network_of_ones_own_is_exported(name, tmp_path, monkeypatch):
    (tmp_path / "nets.py").write_text(
        "from torch.nn import Linear, Sequential, Tanh\n"
        "def net(n_features, n_actions):\n"
        "    body = Sequential(Linear(n_features, 7), Tanh())\n"
        "    return Sequential(body, Linear(7, 4), Tanh(), Linear(4, n_actions))\n"
    )
    monkeypatch.chdir(tmp_path)
    algorithm = algorithm_of(name, "training.network=nets:net")
    before = algorithm.policy()
    algorithm.learn([bandit(algorithm, np.random.default_rng(0))], 0)
    policy = algorithm.policy()
    assert [len(bias) for bias in policy.biases] == [7, 4, N_ACTIONS]
    assert policy.activation == "tanh"
    assert not np.array_equal(before.weights[0], policy.weights[0])
    again = algorithm_of(name, "training.network=nets:net").policy()
    assert all(map(np.array_equal, before.weights, again.weights))


def test_settings_reach_the_class_of_stable_baselines():
    algorithm = algorithm_of("ppo", "training.algorithm_settings={vf_coef: 0.25}")
    assert algorithm._model.vf_coef == 0.25
    with pytest.raises(PowrlError, match="gamma: unknown key"):
        algorithm_of("ppo", "training.algorithm_settings={gamma: 0.5}")
    assert algorithm_of("dqn", "training.algorithm_settings={tau: 0.1}")._extra["tau"] == 0.1


def test_a_value_of_the_next_decision_counts_legal_actions_alone():
    """An illegal action has a huge value in the next state."""
    algorithm = algorithm_of("dqn", "training.n_epochs=60", "training.gamma=1.0")
    with torch.no_grad():
        algorithm._model.q_net_target.q_net[-1].bias[4] = 1000.0
    random = np.random.default_rng(0)
    episode = bandit(algorithm, random)
    episode.masks[:, 4] = False
    episode.actions[:] = 0
    algorithm.learn([episode], 0)
    assert abs(algorithm.policy().logits(episode.features[0])[0]) < 50


def test_a_memory_forgets_whole_episodes():
    algorithm = algorithm_of("dqn")
    random = np.random.default_rng(0)
    memory = ReplayMemory(50)
    memory.add([bandit(algorithm, random, n) for n in (20, 30)])
    assert len(memory) == 50
    memory.add([bandit(algorithm, random, 15)])
    assert len(memory) == 45
    memory.add([bandit(algorithm, random, 80)])
    assert len(memory) == 80
    sample = memory.sample(1000, random)
    inside = ~sample.ended
    assert 0 < sample.ended.sum() < 100
    features, following = memory._arrays["features"], sample.next_features[inside]
    first = [np.flatnonzero((features == row).all(axis=1))[0] for row in sample.features[inside]]
    np.testing.assert_array_equal(features[np.array(first) + 1], following)
