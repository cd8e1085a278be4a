"""The indicators of all agents of a run, and the files that they are written to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from ...environments.opening import Scenarios, single_mixes
from ...errors import PowrlError
from ...parallel.jobs import require_jobs
from ...parallel.run import run as run_tasks
from ...player.files import checked_path, require_writable, write_text_whole
from ..contestants.noisy import noisy_pairs
from ..finished_run import FinishedRun
from ..results import EpisodeScore, Summary, summarize
from ..run_folder import RunFolder
from .episode import EpisodeIndicators, indicators_of
from .hub import write_submissions
from .outages import use_with_outages
from .summary import AgentIndicators, summarize_indicators

FILE = "kpis.json"
_FORMAT = "powrl kpis 1"
_WARNINGS = ("alarms", "alerts")
"""Parts of scores that say how well an agent warns."""


def kpis(
    run: str | Path,
    *,
    outages: bool = True,
    jobs: int = 1,
    on_episode: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[AgentIndicators]:
    """The indicators of AI4REALNET's validation hub, from the recordings of a finished run.

    Parameters
    ----------
    run:
        Run folder of a scoring. ``kpis.json`` is written there, and what the hub takes where the
        edition is one of the hub's.
    outages:
        Whether the use of lines with each line out is computed, which solves a power flow for each
        line and step.
    jobs:
        Number of processes.
    on_episode:
        Called with the number of episodes that are done, and of all.

    Returns
    -------
    list of AgentIndicators
        One for each agent, in the order of the run.

    Raises
    ------
    PowrlError
        The run is not finished, a recording is missing or of an older version, or the environment
        is not found.

    Examples
    --------
    >>> powrl.kpis("runs/score-20260101-120000")[0].use.highest  # doctest: +SKIP
    1.02
    """
    require_jobs(jobs)
    past = FinishedRun.read(checked_path(run, "run"))
    scores = [score for score in past.episodes if not score.failure]
    require_writable(past.files.path)
    scenarios = _scenarios(past) if outages else None
    tasks = [partial(_indicators, past.files, score, scenarios) for score in scores]
    episodes: dict[int, EpisodeIndicators] = {}

    def keep(number: int, episode: EpisodeIndicators) -> None:
        episodes[number] = episode
        on_episode(len(episodes), len(tasks))

    run_tasks(tasks, jobs, keep)
    agents = _agents(past, [(score, episodes[n]) for n, score in enumerate(scores)])
    document = {"format": _FORMAT, "agents": [asdict(agent) for agent in agents]}
    write_text_whole(past.files.path / FILE, json.dumps(document, indent=1) + "\n")
    if past.contest.edition.hub_scenario:
        write_submissions(past)
    return agents


def _indicators(
    files: RunFolder, score: EpisodeScore, scenarios: Scenarios | None
) -> EpisodeIndicators:
    try:
        recording = files.recording(score)
        outages = None if scenarios is None else use_with_outages(scenarios, recording)
        return indicators_of(recording, score.max_steps, outages)
    except PowrlError as error:
        episode = f"{score.agent}, {score.scenario}, seed {score.seed}"
        raise PowrlError(f"{episode}: {error}") from error


def _scenarios(run: FinishedRun) -> Scenarios:
    """Of the environment that was played."""
    place = run.request.folder or run.request.data
    return single_mixes(Scenarios(run.contest.environment, place))[0]


def _agents(
    run: FinishedRun, played: list[tuple[EpisodeScore, EpisodeIndicators]]
) -> list[AgentIndicators]:
    agents = []
    for contestant in run.contest.contestants:
        pairs = [pair for pair in played if pair[0].agent == contestant.name]
        if pairs:  # else it failed in all episodes
            scores, episodes = zip(*pairs, strict=True)
            summary = _summary(run, contestant.name)
            agents.append(
                summarize_indicators(
                    scores, episodes, _alert_accuracy(summary), _robustness(run, summary)
                )
            )
    return agents


def _summary(run: FinishedRun, agent: str) -> Summary:
    return summarize([score for score in run.episodes if score.agent == agent])


def _alert_accuracy(summary: Summary) -> float | None:
    return next((summary.parts[part] for part in _WARNINGS if part in summary.parts), None)


def _robustness(run: FinishedRun, summary: Summary) -> float | None:
    """The score with noise, % of that without."""
    noisy = dict(noisy_pairs(run.contest.contestants)).get(summary.agent)
    if noisy is None or summary.score <= 0:
        return None
    return 100 * _summary(run, noisy).score / summary.score
