"""Teach a policy and its value function what the search knows, before the training goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch

from ..configuration.learning_sections import ImitationSettings
from ..errors import PowrlError
from .lessons import Lessons
from .normalisation import Normalisation

FOUND_AMONG = 20
"""Number of the policy's first choices among which the curve counts actions as good as the best.

It is the same for all agents, so that curves are comparable; at run time ``overload.candidates``
are simulated.
"""

AS_GOOD = 0.01
"""Ranks that differ by less are alike."""


class Student(Protocol):
    """What learns from lessons: an algorithm with a torch network."""

    def network(self) -> torch.nn.Module:
        """All that is trained."""
        ...

    def evaluate(
        self, inputs: torch.Tensor, legal: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Preference for each action, and value, of each state of normalised features.

        The value is that of the best policy among the legal actions; None: all are legal.
        """
        ...


def fit_to_lessons(
    student: Student,
    normalisation: Normalisation,
    episodes: Sequence[Lessons],
    settings: ImitationSettings,
    seed: int,
    on_epoch: Callable[[dict[str, Any]], None],
) -> None:
    """Fit a network to lessons, and its normalisation with it.

    The policy learns the distribution that prefers an action the more the better its outcome ranks
    (the loss is the divergence from it); the value function learns the returns. The weights of the
    epoch with the lowest loss on the held-out episodes stay.

    Parameters
    ----------
    student:
        The network as an algorithm has it.
    episodes:
        Episodes of the search. Those of some scenarios are held out; with a single scenario the
        last episodes are.
    seed:
        Orders the lessons.
    on_epoch:
        Called with the row of each epoch: ``epoch``, ``loss``, ``held_out_loss``, ``regret`` (how
        much worse than the best the first choice ranks, on average over the held-out episodes) and
        ``found`` (share of the states in which the first `FOUND_AMONG` choices hold an action
        as good as the best).

    Raises
    ------
    PowrlError
        No weights have a finite loss, or in no decision does an action go on.
    """
    learned, held_out = (_with_a_way_out(part) for part in _split(episodes, settings.held_out))
    normalisation.features.update(learned.features)
    normalisation.returns.update(learned.returns)
    network = student.network()
    fitting = _Fitting(student, normalisation, settings)
    random = np.random.default_rng(seed)
    lowest, best_weights = float("inf"), None
    for epoch in range(1, settings.epochs + 1):
        order = random.permutation(len(learned))
        losses = [
            fitting.learn(learned.chosen(order[first : first + settings.batch_size]))
            for first in range(0, len(order), settings.batch_size)
        ]
        row = {"epoch": epoch, "loss": float(np.mean(losses)), **fitting.examine(held_out)}
        on_epoch(row)
        if row["held_out_loss"] < lowest:
            lowest = row["held_out_loss"]
            best_weights = {name: part.clone() for name, part in network.state_dict().items()}
    if best_weights is None:
        raise PowrlError(
            "the imitation diverged; lower imitation.learning_rate or raise imitation.temperature."
        )
    network.load_state_dict(best_weights)


def _split(
    episodes: Sequence[Lessons], held_out: float
) -> tuple[Sequence[Lessons], Sequence[Lessons]]:
    """The episodes to learn from, and those held out: of other scenarios, if there are others."""
    names = list(dict.fromkeys(episode.scenario for episode in episodes))
    if len(names) > 1:
        out = names[-min(max(1, round(held_out * len(names))), len(names) - 1) :]
        return (
            [episode for episode in episodes if episode.scenario not in out],
            [episode for episode in episodes if episode.scenario in out],
        )
    n = min(max(1, round(held_out * len(episodes))), len(episodes) - 1)
    return episodes[:-n], episodes[-n:]


def _with_a_way_out(episodes: Sequence[Lessons]) -> Lessons:
    """The decisions in which some action does not end the episode: others teach nothing."""
    lessons = Lessons.joined(episodes)
    possible = np.flatnonzero(np.isfinite(lessons.ranks).any(axis=1))
    if not len(possible):
        raise PowrlError(
            "in no decision of these episodes does an action go on; give more imitation.episodes."
        )
    return lessons.chosen(possible)


class _Fitting:
    """The steps of gradient descent of a network on lessons."""

    def __init__(
        self, student: Student, normalisation: Normalisation, settings: ImitationSettings
    ) -> None:
        self._student = student
        self._normalisation = normalisation
        self._temperature = settings.temperature
        self._optimizer = torch.optim.Adam(
            student.network().parameters(), lr=settings.learning_rate
        )

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
        # what ends the episode is as bad as the worst that does not
        worst = np.where(np.isfinite(ranks), ranks, 0).max(axis=1, keepdims=True)
        ranks = np.where(np.isfinite(ranks), ranks, worst)
        hits = ranks[:, :FOUND_AMONG].min(axis=1) < lowest + AS_GOOD
        return {
            "held_out_loss": float(loss),
            "regret": float((ranks[:, 0] - lowest).mean()),
            "found": float(hits.mean()),
        }

    def _losses(self, lessons: Lessons) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of the policy and of the value function, and the log probabilities of the actions."""
        inputs = torch.as_tensor(self._normalisation.inputs(lessons.features))
        ranks = torch.as_tensor(lessons.ranks)
        possible = torch.isfinite(ranks)
        targets = torch.softmax((-ranks / self._temperature).where(possible, -torch.inf), dim=1)
        logits, values = self._student.evaluate(inputs, possible)
        preferences = torch.log_softmax(logits.where(possible, torch.tensor(-1e8)), dim=1)
        divergence = torch.nn.functional.kl_div(preferences, targets, reduction="batchmean")
        returns = torch.as_tensor(lessons.returns / self._normalisation.scale()).float()
        return (
            divergence,
            torch.nn.functional.mse_loss(values, returns),
            preferences,
        )
