"""Teaching a policy and its value function what the search knows, before PPO begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecNormalize

from ..configuration import ImitationSettings
from .teacher import Lessons

TRIED_AT_RUN_TIME = 20
"""Of the policy's best actions: the curve tells how often these hold one as good as the best."""

AS_GOOD = 0.01
"""Ranks that differ by less are alike."""


def imitate(
    model: Any,
    normalisation: VecNormalize,
    episodes: Sequence[Lessons],
    settings: ImitationSettings,
    on_epoch: Callable[[dict[str, Any]], None],
) -> None:
    """Fit the network of a model to lessons, and its normalisation with it.

    The policy learns the distribution that prefers an action the more the better its outcome ranks
    (the loss is the divergence from it); the value function learns the returns. The weights of the
    epoch with the lowest loss on the episodes held out are kept.

    Parameters
    ----------
    model:
        A ``MaskablePPO``; its own generator of random numbers orders the lessons.
    episodes:
        The last of them are held out.
    on_epoch:
        Called with the row of each epoch: ``epoch``, ``loss``, ``held_out_loss``, ``regret`` (how
        much worse than the best the first choice ranks, on average over the episodes held out) and
        ``found`` (share of the states in which the first `TRIED_AT_RUN_TIME` choices hold an action
        as good as the best).
    """
    n_held_out = max(1, round(settings.held_out * len(episodes)))
    learned, held_out = (
        Lessons.joined(episodes[:-n_held_out]),
        Lessons.joined(episodes[-n_held_out:]),
    )
    normalisation.obs_rms.update(learned.features)
    normalisation.ret_rms.update(learned.returns)
    pupil = _Pupil(model.policy, normalisation, settings)
    random = np.random.default_rng(model.seed)
    best, kept = float("inf"), model.policy.state_dict()
    for epoch in range(1, settings.epochs + 1):
        order = random.permutation(len(learned))
        losses = [
            pupil.learn(learned.chosen(order[first : first + settings.batch_size]))
            for first in range(0, len(order), settings.batch_size)
        ]
        row = {"epoch": epoch, "loss": float(np.mean(losses)), **pupil.examine(held_out)}
        on_epoch(row)
        if row["held_out_loss"] < best:
            best = row["held_out_loss"]
            kept = {name: each.clone() for name, each in model.policy.state_dict().items()}
    model.policy.load_state_dict(kept)


class _Pupil:
    """The network of a model, as it learns from lessons."""

    def __init__(
        self, network: Any, normalisation: VecNormalize, settings: ImitationSettings
    ) -> None:
        self._network = network
        self._normalisation = normalisation
        self._temperature = settings.temperature
        self._optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)

    def learn(self, lessons: Lessons) -> float:
        """One step of gradient descent: the loss before it."""
        policy_loss, value_loss = self._losses(lessons)[:2]
        loss = policy_loss + 0.5 * value_loss
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return float(policy_loss.detach())

    def examine(self, lessons: Lessons) -> dict[str, float]:
        """How well it does on lessons that it did not learn from."""
        with torch.no_grad():
            loss, _, preferences = self._losses(lessons)
        order = np.argsort(-preferences.numpy(), axis=1, kind="stable")
        ranks = np.take_along_axis(lessons.ranks, order, axis=1)
        lowest = lessons.ranks.min(axis=1)
        solvable = np.isfinite(lowest)
        # what ends the episode is as bad as the worst that does not
        worst = np.where(np.isfinite(ranks), ranks, 0).max(axis=1, keepdims=True)
        ranks = np.where(np.isfinite(ranks), ranks, worst)
        found = ranks[:, :TRIED_AT_RUN_TIME].min(axis=1) < lowest + AS_GOOD
        return {
            "held_out_loss": float(loss),
            "regret": float((ranks[:, 0] - lowest)[solvable].mean()),
            "found": float(found[solvable].mean()),
        }

    def _losses(self, lessons: Lessons) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of the policy and of the value function, and the log probabilities of the actions."""
        network, scale = self._network, np.sqrt(self._normalisation.ret_rms.var + 1e-8)
        inputs = torch.as_tensor(self._normalisation.normalize_obs(lessons.features)).float()
        ranks = torch.as_tensor(lessons.ranks)
        possible = torch.isfinite(ranks)
        targets = torch.softmax((-ranks / self._temperature).where(possible, -torch.inf), dim=1)
        targets = targets.nan_to_num()  # where every action ends the episode there is no target
        for_policy, for_value = network.mlp_extractor(network.extract_features(inputs))
        logits = network.action_net(for_policy).where(possible, torch.tensor(-1e8))
        preferences = torch.log_softmax(logits, dim=1)
        divergence = torch.nn.functional.kl_div(preferences, targets, reduction="batchmean")
        values = network.value_net(for_value).flatten()
        returns = torch.as_tensor(lessons.returns / scale).float()
        return (
            divergence,
            torch.nn.functional.mse_loss(values, returns),
            preferences,
        )
