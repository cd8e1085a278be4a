"""grid2op's own score classes, run on private copies of an environment folder.

grid2op keeps the reference runs (its "statistics") inside the environment's folder, and does not
compute them anew when the seeds change. So each episode (scenario and seed) has a copy of its own.
"""

from __future__ import annotations

import bz2
import json
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from grid2op.Exceptions import NoForecastAvailable

from ..environments.opening import Scenarios, open_environment
from ..errors import PowrlError
from ..player.grid.observation import Observation
from ..player.rules.decision import Decision
from ..storage.environment_digest import CHRONICS, shared_parts
from ..submission.server_kit.manipulations import Manipulations
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .cost_sums import costs_of
from .lean_runs import lean_runs, series_read_once
from .recording import played_episode, recording_of
from .results import EpisodeScore
from .stepped_references import stepped_references
from .watched_agent import WatchedAgent

_PACKED = ".bz2"


def copy_environment(contest: Contest, episode: PlannedEpisode, parent: Path) -> Path:
    """Copy the environment folder with just the scenario of an episode into a new `parent`.

    Returns
    -------
    Path
        The copy; it has the name of the original, from which grid2op takes that of the environment.
    """
    source, series = contest.grid_of(episode.scenario), contest.chronics_of(episode.scenario)
    copy = parent / source.name
    copy.mkdir(parents=True)
    for part in shared_parts(source):
        _copy(part, copy / part.name)
    (copy / CHRONICS).mkdir()
    _copy(series, copy / CHRONICS / series.name)
    _unpack(copy / CHRONICS / series.name)
    return copy


def compute_references(contest: Contest, episode: PlannedEpisode, folder: Path) -> set[str]:
    """Play an episode with grid2op's reference agents; the private `folder` keeps their costs.

    Returns
    -------
    set of str
        Reasons why grid2op played some references itself.

    Raises
    ------
    PowrlError
        grid2op cannot play its references without forecasts.
    """
    try:
        with stepped_references() as refusals, _official_score(contest, episode, folder):
            return refusals
    except NoForecastAvailable as error:
        raise PowrlError(
            f"grid2op cannot score {episode.scenario}: its reconnecting agent simulates which of "
            "several lines to reconnect, and the time series have no forecasts; add the files "
            "*_forecasted.csv, or leave the scenario out."
        ) from error


def score_contestant(
    contest: Contest,
    episode: PlannedEpisode,
    folder: Path,
    contestant: Contestant,
    log: Path | None = None,
    recording: Path | None = None,
    manipulations: Manipulations | None = None,
) -> EpisodeScore:
    """Score one contestant in one episode.

    Parameters
    ----------
    folder:
        A private copy for which `compute_references` was run.
    log:
        File for the decisions, one JSON object per line, of agents with an `on_decision` hook.
    recording:
        File for the recording of the episode (`powrl.scoring.recording`).
    manipulations:
        Looks at what an agent of any origin changes.

    Raises
    ------
    PowrlError
        The agent cannot be loaded, or an agent of another origin fails.
    """
    number = contest.contestants.index(contestant)
    with ExitStack() as stack:
        scenarios = Scenarios(contest.environment, folder)
        own = folder.parent / f"contestant-{number}"
        ready = stack.enter_context(contestant.open(scenarios, own))
        guard = partial(contestant.guard, episode.scenario)
        expected = _parameters(scenarios) if ready.rewards and manipulations else None
        score = stack.enter_context(_official_score(contest, episode, folder, **ready.rewards))
        write = stack.enter_context(_decision_writer(log, episode, guard))
        tells = contestant.tells_decisions
        if manipulations is not None:
            manipulations.prepare(score.env)
        agent = WatchedAgent(ready.make(score.env), guard, tells, write, manipulations, expected)
        # inside the private folder, so that what a killed worker leaves is removed with it
        played = folder.parent / f"episode-{number}"
        shutil.rmtree(played, ignore_errors=True)  # left by a process that was killed
        scores, steps, _ = score.get(agent, path_save=str(played))
        facts = _facts(contest, score, played, scores[0], int(steps[0]))
        if recording is not None:
            recording_of(played, score.env, agent.reasons, agent.recorder).save(recording)
        shutil.rmtree(played)
        return EpisodeScore(
            agent=contestant.name,
            scenario=episode.scenario,
            seed=episode.seed,
            **facts,
            seconds_per_decision=float(np.mean(agent.seconds)),
            slowest_decision=max(agent.seconds),
            failed_decisions=agent.count("failed_decisions"),
            cut_decisions=agent.count("cut_decisions"),
        ).in_units(contest.cost_units)


def _facts(contest: Contest, score: Any, played: Path, value: Any, steps: int) -> dict[str, Any]:
    """What a score class says of an episode, as fields of an `EpisodeScore`.

    Parameters
    ----------
    value:
        The score, followed by its parts where there are several.
    """
    total, *parts = np.atleast_1d(value).tolist()
    return {
        "score": total,
        "parts": dict(zip(contest.edition.parts, parts, strict=True)),
        "steps": steps,
        "max_steps": _length(played),
        "costs": costs_of(score, played, steps),
    }


def episode_length(contest: Contest, episode: PlannedEpisode, folder: Path) -> int:
    """Steps of an episode; `folder` is a private copy of its environment."""
    with _official_score(contest, episode, folder) as score:
        options = {"max step": contest.max_steps} if contest.max_steps else {}
        score.env.reset(options=options)
        return int(score.env.max_episode_duration())


def _parameters(scenarios: Scenarios) -> dict[str, Any]:
    """Parameters of an environment without rewards of a submission, which can change them."""
    with closing(open_environment(scenarios)) as environment:
        parameters: dict[str, Any] = environment.parameters.to_dict()
        return parameters


@contextmanager
def _decision_writer(
    log: Path | None,
    episode: PlannedEpisode,
    guard: Callable[[], AbstractContextManager[None]],
) -> Iterator[Callable[[Observation, Decision], None] | None]:
    """A function that writes each decision as a line of JSON; None without a file for it."""
    if log is None:
        yield None
        return
    with log.open("w", encoding="utf-8") as file:

        def write(observation: Observation, decision: Decision) -> None:
            with guard():
                row = json.dumps({**asdict(episode), **decision.to_json(observation)})
            file.write(row + "\n")

        yield write


@contextmanager
def _official_score(
    contest: Contest, episode: PlannedEpisode, folder: Path, **rewards: Any
) -> Iterator[Any]:
    with warnings.catch_warnings(), series_read_once():
        warnings.simplefilter("ignore")  # grid2op's, of its own defaults
        environment = open_environment(Scenarios(contest.environment, folder), **rewards)
        try:
            seed = contest.episode_seed(episode.seed, episode.scenario)
            with lean_runs(environment):
                yield contest.edition.score_class(
                    environment,
                    env_seeds=[seed],
                    agent_seeds=[seed],
                    nb_scenario=1,
                    max_step=contest.max_steps or -1,
                )
        finally:
            environment.close()


def _length(played: Path) -> int:
    """Steps of the scenario; the score class gives those that its reference agent survived."""
    return int(played_episode(played)[1]["chronics_max_timestep"])


def _copy(source: Path, target: Path) -> None:
    """Copy contents only: with the modes of a read-only source, grid2op could not write there."""
    if source.is_dir():
        target.mkdir()
        for part in source.iterdir():
            _copy(part, target / part.name)
    else:
        shutil.copyfile(source, target)


def _unpack(series: Path) -> None:
    """Unpack time series once; grid2op does it for each environment and each reset."""
    for packed in series.glob(f"*{_PACKED}"):
        plain = packed.with_name(packed.name.removesuffix(_PACKED))
        if not plain.exists():  # else grid2op reads the plain one
            with bz2.open(packed) as content, plain.open("wb") as file:
                shutil.copyfileobj(content, file)
        packed.unlink()
