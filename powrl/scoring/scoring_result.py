"""The result of a scoring: statistics of all agents, their differences, and all episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from ..editions.editions import CostUnits
from ..errors import count
from ..storage.text import with_interval
from ..submission.server_kit.manipulations import FILES, KINDS
from ..workspace.versions import versions
from .contest import Contest
from .contestants.own import BASELINES, Baseline
from .contestants.untrained import policy_pairs
from .results import LOWEST_SCORE, Difference, EpisodeScore, Summary, compare, summarize

FORMAT = "powrl scores 1"


@dataclass(frozen=True)
class ScoringResult:
    """All results of a scoring.

    Attributes
    ----------
    contest:
        The contest that was played.
    episodes:
        Scores of all episodes, by agent, seed and scenario.
    summaries:
        Statistics of each agent, in the order of the contestants: the baselines come last.
    differences:
        Paired differences of each agent to all that follow it.
    data:
        Place of the scenarios, as the user gives it.
    contents:
        Source of each agent -> digest of its files as the run began.
    command:
        Command line of the scoring.
    folder:
        Run folder with the report; None where nothing was written.
    """

    contest: Contest
    episodes: list[EpisodeScore]
    summaries: list[Summary]
    differences: list[Difference]
    data: str
    contents: Mapping[str, str]
    command: str
    folder: Path | None = None

    @classmethod
    def from_episodes(
        cls,
        contest: Contest,
        episodes: Sequence[EpisodeScore],
        data: str,
        contents: Mapping[str, str],
        command: str,
        folder: Path | None = None,
    ) -> ScoringResult:
        """Compute the statistics of a contest from its episodes."""
        agents = contest.contestants
        played = {
            agent.name: [episode for episode in episodes if episode.agent == agent.name]
            for agent in agents
        }
        return cls(
            contest,
            list(episodes),
            [summarize(played[agent.name], contest.shown_units) for agent in agents],
            [
                compare(played[one.name], played[other.name])
                for one, other in combinations(agents, 2)
                if not isinstance(one, Baseline)
            ],
            data,
            contents,
            command,
            folder,
        )

    def summary(self, agent: str) -> Summary:
        """The statistics of one agent, by its name.

        Raises
        ------
        KeyError
            No agent has this name.
        """
        return {summary.agent: summary for summary in self.summaries}[agent]

    @property
    def seeds_differ(self) -> bool:
        """Whether some episode differs between the seeds."""
        outcomes: dict[tuple[str, str], set[tuple[object, ...]]] = {}
        for episode in self.episodes:
            key = (episode.agent, episode.scenario)
            cost = episode.costs and episode.costs.operation[CostUnits.NOW.value]
            outcomes.setdefault(key, set()).add((episode.score, episode.steps, cost))
        return any(len(different) > 1 for different in outcomes.values())

    @property
    def spread_over(self) -> str | None:
        """What the spread of the table is over: ``"seeds"``, ``"scenarios"``, or None without."""
        if len(self.contest.seeds) > 1 and self.seeds_differ:
            return "seeds"
        return "scenarios" if len(self.contest.scenarios) > 1 else None

    def spreads(self, summary: Summary) -> tuple[float | None, float | None]:
        """The spreads of an agent's score and survival over `spread_over`."""
        if self.spread_over == "seeds":
            return summary.score_spread, summary.survival_spread
        return summary.score_over_scenarios, summary.survival_over_scenarios

    @property
    def agent_differences(self) -> list[Difference]:
        """The differences between agents that are no baselines."""
        return [difference for difference in self.differences if difference.other not in BASELINES]

    @property
    def training_gains(self) -> list[Difference]:
        """Agents against themselves without their policies, the largest difference first."""
        pairs = policy_pairs(self.contest.contestants)
        gains = [
            difference
            for difference in self.differences
            if (difference.agent, difference.other) in pairs
        ]
        return sorted(gains, key=lambda gain: -gain.score)

    @property
    def notes(self) -> list[str]:
        """Sentences: what training adds, alike seeds, failures, manipulations, decisions cut."""
        notes = [self._training_note(gain) for gain in self.training_gains]
        seeds = len(self.contest.seeds)
        if seeds > 1 and not self.seeds_differ:
            notes.append(
                f"All {seeds} seeds gave the same episodes: no random draw changes anything in "
                "them, so that one seed says as much."
            )
        for summary in self.summaries:
            notes += self._failures(summary) + _manipulations(summary)
            if summary.failed_decisions:
                decisions = count(summary.failed_decisions, "decision")
                notes.append(f"{summary.agent}: {decisions} failed, and did nothing instead.")
            if summary.cut_decisions:
                decisions = count(summary.cut_decisions, "decision")
                notes.append(f"{summary.agent}: the clock ended {decisions} early.")
        return notes

    def _training_note(self, gain: Difference) -> str:
        scenarios = count(len(self.contest.scenarios), "scenario")
        reason = "" if gain.score_interval else ", too few for an interval"
        return (
            f"Training adds {with_interval(gain.score, gain.score_interval)} points: "
            f"{gain.agent} minus {gain.other}, paired over {scenarios}{reason}."
        )

    def _failures(self, summary: Summary) -> list[str]:
        """How often an agent failed, and why the first time."""
        failures = [
            episode.failure
            for episode in self.episodes
            if episode.agent == summary.agent and episode.failure
        ]
        if not failures:
            return []
        n_episodes = sum(episode.agent == summary.agent for episode in self.episodes)
        return [
            f"{summary.agent}: failed in {len(failures)} of {count(n_episodes, 'episode')}, for "
            f"the lowest score, {LOWEST_SCORE:g}: {failures[0]}"
        ]

    def to_json(self) -> dict[str, Any]:
        """The body of ``scores.json``: all results, and all that reproduces them."""
        contest, edition = self.contest, self.contest.edition
        return {
            "format": FORMAT,
            "command": self.command,
            "versions": versions(),
            "environment": contest.environment,
            "data": self.data,
            "scenarios": list(contest.scenarios),
            "seeds": list(contest.seeds),
            "episode_seeds": contest.episode_seeds,
            "max_steps": contest.max_steps,
            "score": {
                "edition": edition.name,
                "title": edition.title,
                "class": f"grid2op.utils.{edition.score}",
                "parts": list(edition.parts),
                "cost_units": contest.cost_units.value,
                "costs": contest.cost_units.meaning,
            },
            "agents": [
                {
                    **asdict(summary),
                    "source": agent.source,
                    "baseline": isinstance(agent, Baseline),
                    "sha256": self.contents.get(agent.source),
                }
                for agent, summary in zip(contest.contestants, self.summaries, strict=True)
            ],
            "spread_over": self.spread_over,
            "notes": self.notes,
            "differences": [asdict(difference) for difference in self.differences],
            "episodes": [self._episode_json(episode) for episode in self.episodes],
        }

    def _episode_json(self, episode: EpisodeScore) -> dict[str, Any]:
        seed = self.contest.episode_seed(episode.seed, episode.scenario)
        return {**asdict(episode), "episode_seed": seed}


def kinds(manipulations: Sequence[str]) -> list[str]:
    """The kinds of manipulations, each once."""
    return list(dict.fromkeys(text.partition(":")[0] for text in manipulations))


def _manipulations(summary: Summary) -> list[str]:
    """What an agent manipulates, kind by kind."""
    sentences = []
    for kind in kinds(summary.manipulations):
        names = {
            name
            for text in summary.manipulations
            for name in text.partition(": ")[2].split(", ")
            if text.startswith(f"{kind}: ")
        }
        # a server has no such files
        scored = "" if kind == FILES else "; it is scored as a competition's server would"
        text = KINDS.get(kind, kind)
        sentences.append(f"{summary.agent}: {text} ({', '.join(sorted(names))}){scored}.")
    return sentences
