"""Comparing finished runs: one contest of all their agents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..editions.editions import CostUnits, EditionName, find_cost_units, find_edition
from ..errors import ConfigurationError, PowrlError
from ..player.files import checked_paths
from ..workspace.runs import reported_command
from .contestants.base import Contestant
from .contestants.own import Baseline
from .finished_run import FinishedRun, Origins, PastContestant, PlayedContest
from .rescoring import rescored
from .results import EpisodeScore
from .scoring_result import ScoringResult


def compare(
    runs: Sequence[str | Path],
    *,
    edition: str | EditionName | None = None,
    cost_units: str | CostUnits | None = None,
    common: bool = False,
    other_versions: bool = False,
    output: str | Path | None = None,
    command: str | None = None,
) -> ScoringResult:
    """Compare the agents of finished runs, paired by scenario and seed; nothing is played.

    Parameters
    ----------
    runs:
        Run folders of scorings, of the same scenarios, seeds and versions. They stay as they are.
    edition, cost_units:
        Competition whose score counts, and units of the cost; by default those of the first run.
    common:
        Whether to leave out scenarios and seeds that some run has not played.
    other_versions:
        Whether the runs may be those of different versions of powrl and the simulators.
    output:
        Run folder for the results; None: a new one in ``runs/``.
    command:
        Command line for the report; None: the call of this function.

    Returns
    -------
    ScoringResult
        As playing all agents in one run would give it, to the last digit. Agents of one name have
        the names of their runs before theirs.

    Raises
    ------
    PowrlError
        A run is not finished or has no costs, or the runs do not compare.

    Examples
    --------
    >>> powrl.compare(["runs/before", "runs/after"], common=True)  # doctest: +SKIP
    """
    paths = checked_paths(runs, "runs")
    if len({path.resolve() for path in paths}) < max(2, len(paths)):
        raise ConfigurationError("name two or more runs, each once.")
    past = [FinishedRun.read(path) for path in paths]
    if common:
        past = _common(past)
    chosen = find_edition(edition) or past[0].contest.edition
    units = past[0].contest.cost_units if cost_units is None else find_cost_units(cost_units)
    past = [rescored(run, chosen, units) for run in past]
    for run in past[1:]:
        _require_comparable(past[0], run, other_versions)
    contest, origins = _together(past)
    call = f"powrl.compare({[str(path) for path in paths]!r})"
    return contest.write("compare", origins, reported_command(command, call), output)


def _require_comparable(first: FinishedRun, run: FinishedRun, other_versions: bool) -> None:
    """Refuse runs of other episodes.

    Raises
    ------
    PowrlError
        Environment, scenarios, their files, seeds, steps, versions or references differ.
    """
    one, other = first.contest, run.contest
    begun, then = first.fingerprint, run.fingerprint
    facts = {
        "environment": (one.environment, other.environment),
        "max_steps": (one.max_steps, other.max_steps),
        "scenarios": (sorted(one.scenarios), sorted(other.scenarios)),
        "seeds": (one.episode_seeds, other.episode_seeds),
    }
    for fact, (value, difference) in facts.items():
        if value != difference:
            advice = "compare runs of the same episodes"
            if fact in ("scenarios", "seeds"):
                advice += ", or those that all have: --common"
            raise PowrlError(
                f"{first.files.path} and {run.files.path} have other {fact} ({value} and "
                f"{difference}); {advice}."
            )
    for scenario in one.scenarios:
        if begun.files.get(scenario) != then.files.get(scenario):
            raise PowrlError(
                f"the files of the scenario {scenario} were not the same in {first.files.path} and "
                f"{run.files.path}; score one of them anew."
            )
    if begun.versions != then.versions and not other_versions:
        raise PowrlError(
            f"{first.files.path} and {run.files.path} are of other versions ({begun.versions} and "
            f"{then.versions}); score one of them anew, or compare them with --other-versions."
        )
    references, others = _references(first), _references(run)
    if any(references[key] != others[key] for key in references.keys() & others.keys()):
        raise PowrlError(
            f"the references of {first.files.path} and {run.files.path} cost differently, so that "
            "their scores do not compare; score one of them anew."
        )


def _references(run: FinishedRun) -> dict[tuple[str, int, str], tuple[float, ...]]:
    """Scenario, seed and unit -> costs that do not depend on the agent."""
    references: dict[tuple[str, int, str], tuple[float, ...]] = {}
    for score in run.episodes:
        if score.costs is not None:
            blackouts = (score.costs.idle_blackout, score.costs.total_blackout)
            for unit, cost in score.costs.operation.items():
                key = (score.scenario, score.seed, unit)
                references[key] = (*blackouts, cost.idle, cost.reference)
    return references


def _common(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """The runs without scenarios and seeds that some of them lack."""
    scenarios = [
        name
        for name in runs[0].contest.scenarios
        if all(name in run.contest.scenarios for run in runs)
    ]
    seeds = min(len(run.contest.seeds) for run in runs)
    if not scenarios:
        raise PowrlError("the runs have no scenario in common; compare others.")
    return [_restricted(run, scenarios, seeds) for run in runs]


def _restricted(run: FinishedRun, scenarios: Sequence[str], seeds: int) -> FinishedRun:
    drawn = {name: run.contest.episode_seeds[name][:seeds] for name in scenarios}
    request, fingerprint = run.request, run.fingerprint
    return replace(
        run,
        request=replace(
            request,
            scenarios="|".join(map(re.escape, scenarios)),
            seeds=seeds if isinstance(request.seeds, int) else drawn,
        ),
        fingerprint=replace(
            fingerprint,
            episode_seeds=drawn,
            files={name: fingerprint.files[name] for name in scenarios},
        ),
        contest=replace(
            run.contest,
            scenarios={name: number for number, name in enumerate(scenarios)},
            seeds=run.contest.seeds[:seeds],
            drawn_seeds=drawn,
        ),
        episodes=[
            score for score in run.episodes if score.scenario in drawn and score.seed < seeds
        ],
    )


@dataclass(frozen=True)
class _Player:
    """A contestant of one of the runs, and what it scored."""

    run: FinishedRun
    contestant: Contestant
    episodes: list[EpisodeScore]

    @property
    def outcome(self) -> list[tuple[object, ...]]:
        """All but the times of its decisions."""
        return [(score.score, score.steps, score.costs) for score in self.episodes]

    @property
    def digest(self) -> str | None:
        return self.run.fingerprint.contents.get(self.contestant.source)

    def is_same(self, other: _Player) -> bool:
        """Whether it is the same agent, of the same files, with the same scores."""
        return (self.contestant, self.digest, self.outcome) == (
            other.contestant,
            other.digest,
            other.outcome,
        )


def _players(runs: Sequence[FinishedRun]) -> Iterator[_Player]:
    """The contestants of all runs, the baselines last; each that is the same in several once."""
    players = [
        _Player(run, contestant, [s for s in run.episodes if s.agent == contestant.name])
        for run in runs
        for contestant in run.contest.contestants
    ]
    distinct: list[_Player] = []
    for player in sorted(players, key=lambda one: isinstance(one.contestant, Baseline)):
        if not any(player.is_same(other) for other in distinct):
            distinct.append(player)
    yield from distinct


def _together(runs: Sequence[FinishedRun]) -> tuple[PlayedContest, Origins]:
    """One contest of all agents, and where their records are."""
    players = list(_players(runs))
    names = Counter(player.contestant.name for player in players)
    digests = {(player.contestant.source, player.digest) for player in players}
    sources = Counter(source for source, _ in digests)
    folders = Counter(run.files.path.name for run in runs)
    contestants, origins, episodes, contents = [], {}, [], {}
    for player in players:
        past, path = player.contestant, player.run.files.path
        label = path.name if folders[path.name] == 1 else str(path)
        name = past.name if names[past.name] == 1 else f"{label}/{past.name}"
        contestant = replace(past, name=name)
        if isinstance(past, PastContestant) and sources[past.source] > 1:
            # of an agent that has changed since
            contestant = PastContestant(name, past.file, f"{label}: {past.source}")
        contestants.append(contestant)
        origins[name] = ([player.run.files], past.name)
        episodes += [replace(score, agent=name) for score in player.episodes]
        if player.digest is not None:
            contents[contestant.source] = player.digest
    agents = [agent for agent in contestants if not isinstance(agent, Baseline)]
    request = replace(
        runs[0].request,
        agents=[agent.source for agent in agents],
        names=[agent.name for agent in agents],
        baselines=len(agents) < len(contestants),
    )
    fingerprint = replace(runs[0].fingerprint, contents=contents)
    contest = replace(runs[0].contest, contestants=tuple(contestants))
    return PlayedContest(request, fingerprint, contest, episodes), origins
