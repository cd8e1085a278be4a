"""Results of a contest: a score for each episode, and the statistics of each agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from pydantic import ConfigDict, Field

CONFIDENCE = 0.95
BOOTSTRAP_SAMPLES = 10_000
LOWEST_SCORE = -100.0
LEAST_SCENARIOS = 10
"""Fewer scenarios say too little of others for an interval."""

Finite = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class EpisodeScore:
    """How one episode of one agent went.

    Attributes
    ----------
    agent, scenario, seed:
        Which episode; the same scenario and seed meet every agent with the same opponent.
    score:
        Official L2RPN score, from -100 to 100.
    steps, max_steps:
        Steps survived, and steps of the episode.
    seconds_per_decision:
        Mean time of the agent's ``act``, s.
    slowest_decision:
        The longest one, s.
    parts:
        Parts of an edition's score (`powrl.editions.editions.Edition.parts`).
    failed_decisions:
        Decisions that failed inside an agent of powrl, which did nothing in their place.
    cut_decisions:
        Decisions of an agent of powrl that its clock ended early.
    failure:
        Why an agent of any origin could not play to the end, in a sentence; its score is then
        `LOWEST_SCORE`. Empty for all others.
    manipulations:
        What such an agent changed besides the grid
        (`powrl.submission.server_kit.manipulations.Manipulations.to_list`).
    """

    # pydantic looks at each value of one that is made already, of what a file holds
    __pydantic_config__: ClassVar[ConfigDict] = {"strict": True, "revalidate_instances": "always"}

    agent: str
    scenario: str
    seed: Count
    score: Finite
    steps: Count
    max_steps: Annotated[int, Field(ge=1)]
    seconds_per_decision: Amount
    slowest_decision: Amount
    parts: Mapping[str, Finite] = field(default_factory=dict, hash=False)
    failed_decisions: Count = 0
    cut_decisions: Count = 0
    failure: str = ""
    manipulations: list[str] = field(default_factory=list, hash=False)


@dataclass(frozen=True)
class Summary:
    """Statistics of the episodes of one agent.

    Attributes
    ----------
    agent:
        Its name.
    score, score_spread:
        Official score: mean, and sample standard deviation over seeds of the seed's mean (None
        for a single seed).
    survival, survival_spread:
        The same of the steps survived, %.
    ms_per_decision:
        Mean over all steps of all episodes, ms.
    slowest_ms:
        The longest decision of all, ms.
    parts:
        Mean of each part of the score, weighted like it.
    failed_decisions, cut_decisions:
        Sums over all episodes (`EpisodeScore`).
    failures:
        Number of episodes that it could not play to the end.
    manipulations:
        All that it changed besides the grid, in any episode.
    """

    agent: str
    score: float
    score_spread: float | None
    survival: float
    survival_spread: float | None
    ms_per_decision: float
    slowest_ms: float
    parts: Mapping[str, float]
    failed_decisions: int = 0
    cut_decisions: int = 0
    failures: int = 0
    manipulations: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """An agent against another one, paired by scenario and seed.

    Attributes
    ----------
    agent, other:
        Their names.
    score, survival:
        Mean difference, agent minus other, of the official score and of the steps survived (%).
    score_interval, survival_interval:
        95 % bootstrap intervals of it (percentile method, resampling scenarios with all their
        seeds, which are alike); None for fewer than `LEAST_SCENARIOS` scenarios.
    """

    agent: str
    other: str
    score: float
    score_interval: tuple[float, float] | None
    survival: float
    survival_interval: tuple[float, float] | None


def summarize(episodes: Sequence[EpisodeScore]) -> Summary:
    """Summarize the episodes of one agent; a scenario counts by its length, as in L2RPN."""
    seeds = sorted({episode.seed for episode in episodes})
    score, survival = np.transpose(
        [_means([episode for episode in episodes if episode.seed == seed]) for seed in seeds]
    )
    steps = [episode.steps for episode in episodes]
    # an episode that failed has no steps
    seconds = sum(episode.seconds_per_decision * episode.steps for episode in episodes)
    return Summary(
        agent=episodes[0].agent,
        score=float(np.mean(score)),
        score_spread=_spread(score),
        survival=float(np.mean(survival)),
        survival_spread=_spread(survival),
        ms_per_decision=1000 * seconds / max(1, sum(steps)),
        slowest_ms=1000 * max(episode.slowest_decision for episode in episodes),
        parts={
            part: float(
                np.average(
                    [episode.parts[part] for episode in episodes],
                    weights=[episode.max_steps for episode in episodes],
                )
            )
            for part in episodes[0].parts
        },
        failed_decisions=sum(episode.failed_decisions for episode in episodes),
        cut_decisions=sum(episode.cut_decisions for episode in episodes),
        failures=sum(bool(episode.failure) for episode in episodes),
        manipulations=sorted({text for episode in episodes for text in episode.manipulations}),
    )


def compare(agent: Sequence[EpisodeScore], other: Sequence[EpisodeScore]) -> Difference:
    """The paired difference of two agents that played the same scenarios with the same seeds."""
    partners = {(episode.scenario, episode.seed): episode for episode in other}
    names = sorted({episode.scenario for episode in agent})
    lengths, scores, survivals = (np.zeros(len(names)) for _ in range(3))
    for index, name in enumerate(names):
        pairs = [
            (episode, partners[episode.scenario, episode.seed])
            for episode in agent
            if episode.scenario == name
        ]
        lengths[index] = pairs[0][0].max_steps
        scores[index] = np.mean([one.score - two.score for one, two in pairs])
        survivals[index] = 100 * np.mean(
            [(one.steps - two.steps) / one.max_steps for one, two in pairs]
        )
    return Difference(
        agent=agent[0].agent,
        other=other[0].agent,
        score=float(np.average(scores, weights=lengths)),
        score_interval=bootstrap_interval(scores, lengths),
        survival=float(np.average(survivals, weights=lengths)),
        survival_interval=bootstrap_interval(survivals, lengths),
    )


def _means(episodes: Sequence[EpisodeScore]) -> tuple[float, float]:
    """Mean score and share of steps survived (%), weighted by the length of the scenarios."""
    lengths = [episode.max_steps for episode in episodes]
    score = np.average([episode.score for episode in episodes], weights=lengths)
    return float(score), 100 * sum(episode.steps for episode in episodes) / sum(lengths)


def _spread(seed_means: np.ndarray) -> float | None:
    return float(np.std(seed_means, ddof=1)) if len(seed_means) > 1 else None


def bootstrap_interval(values: np.ndarray, weights: np.ndarray) -> tuple[float, float] | None:
    """The 95 % interval of the weighted mean of one value per scenario (percentile method).

    None for fewer than `LEAST_SCENARIOS`.
    """
    if len(values) < LEAST_SCENARIOS:
        return None
    # the seed is fixed so that the same episodes give the same report
    drawn = np.random.default_rng(0).integers(len(values), size=(BOOTSTRAP_SAMPLES, len(values)))
    means = np.average(values[drawn], axis=1, weights=weights[drawn])
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
