"""Rollouts: whole episodes of the policy in training, on several processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from joblib import Parallel, delayed

from ..configuration.sections import Configuration
from ..player.policy.network import Policy
from .environment import PowRLEnvironment


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
        What the policy read, raw, shape ``(n, n_features)``, float32.
    masks:
        The legal actions, shape ``(n, n_actions)``, bool.
    actions:
        What was drawn, shape ``(n,)``, int64.
    rewards:
        Of each decision, shape ``(n,)``, float32.
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
    configuration: Configuration, policy: Policy, episodes: Sequence[tuple[str, int]], jobs: int
) -> list[Trajectory]:
    """Play training scenarios with a policy that draws its actions.

    The processes share no state: their number changes nothing.

    Parameters
    ----------
    episodes:
        Scenario and seed of each.
    """
    work = [delayed(_play)(configuration, policy, *each) for each in episodes]
    return list(Parallel(n_jobs=jobs)(work))


def draw_trajectory(
    environment: PowRLEnvironment, policy: Policy, scenario: str, seed: int
) -> Trajectory:
    """One episode; the seed fixes the opponent and what is drawn."""
    random = np.random.default_rng(seed)
    features, info = environment.begin(scenario, int(random.integers(2**31)))
    seen, masks, actions, rewards, passed = [], [], [], [], []
    while features is not None:
        mask = environment.action_masks()
        action = _draw(policy.logits(features), mask, random)
        seen.append(features)
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
        np.array(seen, dtype=np.float32).reshape(len(actions), policy.n_features),
        np.array(masks, dtype=bool).reshape(len(actions), n_actions),
        np.array(actions, dtype=np.int64),
        np.array(rewards, dtype=np.float32),
        np.array(passed, dtype=np.int64),
    )


@lru_cache(maxsize=1)
def worker_environment(configuration: Configuration) -> PowRLEnvironment:
    """The training environment of this process, opened once, its scenarios kept in memory."""
    return PowRLEnvironment(configuration)


def _play(configuration: Configuration, policy: Policy, scenario: str, seed: int) -> Trajectory:
    return draw_trajectory(worker_environment(configuration), policy, scenario, seed)


def _draw(logits: np.ndarray, mask: np.ndarray, random: np.random.Generator) -> int:
    """An action with the probability that the policy gives it among those of the mask."""
    weights = np.where(mask, np.exp(logits.astype(float) - logits[mask].max()), 0.0)
    return int(random.choice(len(weights), p=weights / weights.sum()))
