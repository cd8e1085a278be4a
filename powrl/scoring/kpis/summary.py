"""The indicators of an agent: those of its episodes, together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..results import EpisodeScore
from .episode import EpisodeIndicators, Use, carbon_intensity

_COUNTED = (
    *("topology_actions", "redispatch_actions", "curtailment_actions"),
    *("redispatched", "balanced", "curtailed", "lost", "blackout"),
)


@dataclass(frozen=True)
class AgentIndicators:
    """The indicators of an agent.

    Attributes
    ----------
    agent:
        Its name.
    operation:
        Parts of the operation score (`EpisodeIndicators`), means of its episodes.
    operation_score:
        Energies together, those of redispatching and curtailment for each action (MWh); less is
        better.
    topology_per_step, most_topology:
        Topology changes in an action: mean and most.
    use, outages:
        Use of lines in all episodes; None where that with outages was not computed.
    carbon_intensity:
        Emissions of dispatched and curtailed energy, g of CO2 for each kWh; None where the
        environment does not tell the kinds of generators.
    alert_accuracy:
        The part of the edition's score for alarms or alerts; None where it scores none.
    decision_ms, decision_seconds:
        Time of a decision (ms), and of all decisions of an episode (s), means.
    robustness:
        Score with noise on what it observes, % of that without; None where it did not play so, or
        its score is not above 0.
    """

    agent: str
    operation: dict[str, float]
    operation_score: float
    topology_per_step: float
    most_topology: int
    use: Use
    outages: Use | None
    carbon_intensity: float | None
    alert_accuracy: float | None
    decision_ms: float
    decision_seconds: float
    robustness: float | None = None


def summarize_indicators(
    scores: Sequence[EpisodeScore],
    episodes: Sequence[EpisodeIndicators],
    alert_accuracy: float | None = None,
    robustness: float | None = None,
) -> AgentIndicators:
    """The indicators of one agent, from those of its episodes and their scores."""
    operation = {
        name: float(np.mean([getattr(episode, name) for episode in episodes])) for name in _COUNTED
    }
    moved: Counter[str] = Counter()
    for episode in episodes:
        moved.update(episode.moved)
    steps = sum(episode.steps for episode in episodes)
    seconds = sum(score.seconds_per_decision * score.steps for score in scores)
    outages = [episode.outages for episode in episodes if episode.outages is not None]
    return AgentIndicators(
        agent=scores[0].agent,
        operation=operation,
        operation_score=operation_score(operation),
        topology_per_step=sum(episode.topology_actions for episode in episodes) / steps,
        most_topology=max(episode.most_topology for episode in episodes),
        use=_together([episode.use for episode in episodes]),
        outages=_together(outages) if outages else None,
        carbon_intensity=carbon_intensity(dict(moved)),
        alert_accuracy=alert_accuracy,
        decision_ms=1000 * seconds / steps,
        decision_seconds=seconds / len(episodes),
        robustness=robustness,
    )


def operation_score(parts: dict[str, float]) -> float:
    """The parts of the operation score together, as the hub adds them up.

    Examples
    --------
    >>> operation_score({
    ...     "redispatch_actions": 2.0, "redispatched": 10.0, "balanced": 1.0,
    ...     "curtailment_actions": 0.0, "curtailed": 7.0, "lost": 3.0, "blackout": 0.5,
    ... })
    9.5
    """
    score = parts["balanced"] + parts["lost"] + parts["blackout"]
    for actions, energy in (
        ("redispatch_actions", "redispatched"),
        ("curtailment_actions", "curtailed"),
    ):
        if parts[actions]:
            score += parts[energy] / parts[actions]
    return score


def _together(uses: Sequence[Use]) -> Use:
    values = [use.values for use in uses]
    return Use(
        highest=max(use.highest for use in uses),
        mean=float(np.average([use.mean for use in uses], weights=values)),
        overloaded=float(np.average([use.overloaded for use in uses], weights=values)),
        values=sum(values),
        unsolved=sum(use.unsolved for use in uses),
    )
