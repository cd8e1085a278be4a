"""Rollouts: whole episodes of the policy in training, on several processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..configuration.sections import Configuration
from ..environments.backend import with_read_grids
from ..parallel.jobs import Jobs
from ..parallel.run import results_of
from ..player.policy.network import Policy
from .environment import PowRLEnvironment
from .exploration import Exploration


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The decisions of an episode; none where the grid stays calm.

    Attributes
    ----------
    scenario:
        Name of the scenario.
    steps, max_steps:
        Grid steps survived, and those of the whole scenario.
    features:
        Raw features that the policy read, shape ``(n, n_features)``, float32.
    masks:
        The legal actions, shape ``(n, n_actions)``, bool.
    actions:
        Actions drawn, shape ``(n,)``, int64.
    rewards:
        Reward of each decision, shape ``(n,)``, float32.
    passed:
        Grid steps until the next decision, shape ``(n,)``, int64.
    """

    scenario: str
    steps: int
    max_steps: int
    features: np.ndarray
    masks: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    passed: np.ndarray

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def survival(self) -> float:
        """Share of the scenario's steps survived."""
        return self.steps / self.max_steps


def play_rollout(
    configuration: Configuration,
    policy: Policy,
    episodes: Sequence[tuple[str, int]],
    jobs: Jobs,
    exploration: Exploration | None = None,
) -> list[Trajectory]:
    """Play training scenarios with a policy that draws its actions.

    The processes share no state: their number changes nothing.

    Parameters
    ----------
    episodes:
        Scenario and seed of each episode.
    jobs:
        Number of processes, or a cluster.
    exploration:
        How actions are drawn; None: with the probabilities of the policy, among the legal ones.
    """
    how = exploration or Exploration()
    tasks = [
        with_read_grids(partial(_play, configuration, policy, *episode, how))
        for episode in episodes
    ]
    return results_of(tasks, jobs, configuration.folders())


def draw_trajectory(
    environment: PowRLEnvironment,
    policy: Policy,
    scenario: str,
    seed: int,
    exploration: Exploration | None = None,
) -> Trajectory:
    """Play one episode; the seed fixes the opponent and the actions that are drawn."""
    exploration = exploration or Exploration()
    random = np.random.default_rng(seed)
    features, info = environment.begin(scenario, int(random.integers(2**31)))
    states, masks, actions, rewards, passed = [], [], [], [], []
    while features is not None:
        mask = environment.action_masks()
        action = exploration.draw(policy.logits(features), mask, random)
        states.append(features)
        masks.append(mask)
        actions.append(action)
        features, reward, ended, _, info = environment.step(action)
        rewards.append(reward)
        passed.append(info["passed"])
        if ended:
            break
    n_actions = int(environment.action_space.n)
    return Trajectory(
        scenario,
        info["steps"],
        info["max_steps"],
        np.array(states, dtype=np.float32).reshape(len(actions), policy.n_features),
        np.array(masks, dtype=bool).reshape(len(actions), n_actions),
        np.array(actions, dtype=np.int64),
        np.array(rewards, dtype=np.float32),
        np.array(passed, dtype=np.int64),
    )


_opened: list[tuple[Configuration, PowRLEnvironment]] = []


def worker_environment(configuration: Configuration) -> PowRLEnvironment:
    """Return the training environment of this process, opened once for a configuration."""
    if not _opened or _opened[0][0] != configuration:
        _opened[:] = [(configuration, PowRLEnvironment(configuration))]
    return _opened[0][1]


def _play(
    configuration: Configuration,
    policy: Policy,
    scenario: str,
    seed: int,
    exploration: Exploration,
) -> Trajectory:
    environment = worker_environment(configuration)
    return draw_trajectory(environment, policy, scenario, seed, exploration)
