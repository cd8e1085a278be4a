"""Results of a contest: a score for each episode, and the statistics of each agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import ConfigDict, Field

from ..editions.editions import CostUnits
from .costs import EpisodeCosts

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
    costs:
        Costs that the score follows from; None of an episode that failed, or of a run that an
        older powrl made.
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
    costs: EpisodeCosts | None = field(default=None, hash=False)
    failure: str = ""
    manipulations: list[str] = field(default_factory=list, hash=False)

    def in_units(self, units: CostUnits) -> EpisodeScore:
        """The same episode with its operation cost in other units.

        A score of several parts, which has no other units, and one without costs stay as they are.
        """
        if self.costs is None or self.parts:
            return self
        return replace(self, score=self.costs.score(units))


@dataclass(frozen=True)
class UnitSummary:
    """What the operation cost of one agent comes to in one unit.

    Attributes
    ----------
    score, score_spread:
        Operation score: mean, and standard deviation over seeds (`Summary`).
    lost_to_blackouts, lost_to_operation:
        Mean points by which it is below the score of its reference
        (`powrl.scoring.costs.EpisodeCosts.lost`).
    """

    score: float
    score_spread: float | None
    lost_to_blackouts: float
    lost_to_operation: float


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
    score_over_scenarios, survival_over_scenarios:
        Sample standard deviations of the scenarios' means; None for a single scenario.
    cost_ratio:
        Operation cost divided by that of the reference in the same steps; None where that is 0,
        or some episode has no costs.
    units:
        `CostUnits` by value -> what the costs come to; empty where some episode has none.
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
    score_over_scenarios: float | None = None
    survival_over_scenarios: float | None = None
    cost_ratio: float | None = None
    units: Mapping[str, UnitSummary] = field(default_factory=dict)
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


def summarize(episodes: Sequence[EpisodeScore], units: Sequence[CostUnits] = ()) -> Summary:
    """Summarize the episodes of one agent; a scenario counts by its length, as in L2RPN.

    Parameters
    ----------
    units:
        Units of the operation cost to summarize, where all episodes have their costs.
    """
    score = _seed_means(episodes, lambda episode: episode.score)
    survival = _seed_means(episodes, _survival)
    steps = [episode.steps for episode in episodes]
    # an episode that failed has no steps
    seconds = sum(episode.seconds_per_decision * episode.steps for episode in episodes)
    costs = [episode.costs for episode in episodes if episode.costs is not None]
    complete = len(costs) == len(episodes)
    return Summary(
        agent=episodes[0].agent,
        score=float(np.mean(score)),
        score_spread=_spread(score),
        survival=float(np.mean(survival)),
        survival_spread=_spread(survival),
        ms_per_decision=1000 * seconds / max(1, sum(steps)),
        slowest_ms=1000 * max(episode.slowest_decision for episode in episodes),
        parts={
            part: _mean(episodes, [episode.parts[part] for episode in episodes])
            for part in episodes[0].parts
        },
        failed_decisions=sum(episode.failed_decisions for episode in episodes),
        cut_decisions=sum(episode.cut_decisions for episode in episodes),
        score_over_scenarios=_spread(_scenario_means(episodes, lambda episode: episode.score)),
        survival_over_scenarios=_spread(_scenario_means(episodes, _survival)),
        cost_ratio=_cost_ratio(costs) if complete else None,
        units={unit.value: _summarize_unit(episodes, costs, unit) for unit in units if complete},
        failures=sum(bool(episode.failure) for episode in episodes),
        manipulations=sorted({text for episode in episodes for text in episode.manipulations}),
    )


def _summarize_unit(
    episodes: Sequence[EpisodeScore], costs: Sequence[EpisodeCosts], unit: CostUnits
) -> UnitSummary:
    means = _seed_means(
        episodes, lambda episode: episode.costs.score(unit) if episode.costs else np.nan
    )
    lost = [cost.lost(unit) for cost in costs]
    return UnitSummary(
        score=float(np.mean(means)),
        score_spread=_spread(means),
        lost_to_blackouts=_mean(episodes, [points.blackout for points in lost]),
        lost_to_operation=_mean(episodes, [points.operation for points in lost]),
    )


def _cost_ratio(costs: Sequence[EpisodeCosts]) -> float | None:
    operation = [cost.operation[CostUnits.NOW.value] for cost in costs]
    reference = sum(cost.reference_meanwhile for cost in operation)
    return sum(cost.agent for cost in operation) / reference if reference else None


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


def _survival(episode: EpisodeScore) -> float:
    """Steps survived, %."""
    return 100 * episode.steps / episode.max_steps


def _mean(episodes: Sequence[EpisodeScore], values: Sequence[float]) -> float:
    """Mean of a value for each episode, weighted by the length of the scenarios."""
    return float(np.average(values, weights=[episode.max_steps for episode in episodes]))


def _seed_means(
    episodes: Sequence[EpisodeScore], value: Callable[[EpisodeScore], float]
) -> list[float]:
    """The weighted mean of each seed."""
    means = []
    for seed in sorted({episode.seed for episode in episodes}):
        played = [episode for episode in episodes if episode.seed == seed]
        means.append(_mean(played, [value(episode) for episode in played]))
    return means


def _scenario_means(
    episodes: Sequence[EpisodeScore], value: Callable[[EpisodeScore], float]
) -> list[float]:
    """The mean of each scenario over the seeds."""
    return [
        float(np.mean([value(episode) for episode in episodes if episode.scenario == scenario]))
        for scenario in sorted({episode.scenario for episode in episodes})
    ]


def _spread(means: Sequence[float]) -> float | None:
    return float(np.std(means, ddof=1)) if len(means) > 1 else None


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
