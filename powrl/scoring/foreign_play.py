"""Contestants of any origin: checked and played in processes of their own."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..editions.editions import CostUnits
from ..environments.opening import Scenarios, open_environment
from ..errors import PowrlError
from ..parallel.folders import KIND as TRAVELLED
from ..player.files import open_regular, refusing_unwritable, write_bytes_whole
from ..player.grid.grid2op_objects import Environment
from ..storage.digest import digest_of
from ..storage.temporary import remove_folder
from ..submission.server_kit.manipulations import FILES, Manipulations
from ..workspace.cache import cache_folder
from .contest import Contest, PlannedEpisode
from .contestants.base import Contestant
from .contestants.third_party import ZIP_SUFFIX
from .decisions_log import add_log_part
from .foreign_code import failures_of
from .isolation.client import Outcome, Task, run_isolated
from .isolation.order import OUTPUT_FILE, Limits
from .isolation.protected_files import refusals
from .prepared import Prepared, unchanged_copy
from .recording import Recording
from .results import LOWEST_SCORE, EpisodeScore
from .run_folder import RunFolder, recording_file

_PACKAGE = Path(__file__).parents[1]
_MOST_OUTPUT = 100_000
"""Bytes that are kept of what an agent prints in an episode."""
_LOG, _RECORDING = "decisions.jsonl", "recording.npz"
_SCORE = TypeAdapter(EpisodeScore)


def failures_of_contestants(
    contestants: Sequence[Contestant],
    scenarios: Scenarios,
    folder: Path,
    jobs: int,
    limits: Limits,
) -> dict[str, str]:
    """Try out contestants of any origin.

    Parameters
    ----------
    folder:
        A folder for them.

    Returns
    -------
    dict
        Name of each contestant that cannot play -> why, in a sentence.
    """
    tasks = {}
    for number, contestant in enumerate(contestants):
        own = folder / str(number)
        own.mkdir(parents=True)
        protected = _protected(contestants, contestant, folder)
        task = Task(_try, (contestant, scenarios, own), own, protected)
        tasks[contestant.name] = task
    failures = {}
    for outcome in run_isolated(list(tasks.values()), jobs, limits):
        contestant = outcome.task.arguments[0]
        if outcome.failure:
            failures[contestant.name] = _sentence(contestant, outcome)
    return failures


def try_contestant(
    contestant: Contestant, environment: Environment, scenarios: Scenarios, folder: Path
) -> None:
    """Make a contestant as it will be made to play.

    Raises
    ------
    PowrlError
        It is damaged, fails, or is for another grid; or its rewards cannot be played with.
    """
    with contestant.open(scenarios, folder / "agent") as ready:
        ready.make(environment)
        if ready.rewards:
            _require_playable(contestant, scenarios, ready.rewards)


@dataclass(frozen=True)
class Play:
    """An episode of a contestant that is to be played."""

    episode: PlannedEpisode
    contestant: Contestant
    prepared: Prepared


def play_isolated(
    contest: Contest,
    plays: Sequence[Play],
    jobs: int,
    folder: Path,
    log_folder: Path | None = None,
    recordings: Path | None = None,
) -> Generator[EpisodeScore]:
    """Score contestants of any origin, each episode in a process of its own.

    One that fails has the lowest score of the episode; all others go on.

    Parameters
    ----------
    folder:
        A folder that is removed afterwards, with all private copies in it.
    log_folder, recordings:
        As of `powrl.scoring.play.play_contest`.
    """
    places = [path for path in (log_folder, recordings and recordings.parent) if path]
    tasks: dict[Path, Play] = {}
    arguments = []
    for number, play in enumerate(plays):
        own = folder / f"play-{number}"
        own.mkdir()
        tasks[own] = play
        protected = _protected(
            contest.contestants, play.contestant, folder, contest.folder, *places
        )
        arguments.append(Task(_play, (contest, play, own, log_folder is not None), own, protected))
    for outcome in run_isolated(arguments, jobs, contest.limits):
        play = tasks[outcome.task.folder]
        score = _score(contest, play, outcome)
        if not score.failure:
            try:
                _take_over(play, outcome.task.folder, log_folder, recordings)
            except (PowrlError, FileNotFoundError):
                text = "its process has left no recording that can be read"
                failure = _failed(play.contestant, text)
                score = failed_score(contest, play, failure, score.manipulations)
        if recordings is not None:
            _keep_output(play, outcome.task.folder, recordings.parent)
        yield score
        with suppress(OSError):  # the contest's temporary folder goes at the end
            remove_folder(outcome.task.folder)


def failed_score(
    contest: Contest,
    play: Play,
    failure: str,
    manipulations: Sequence[str] = (),
) -> EpisodeScore:
    """The score of an episode that a contestant failed to play."""
    from .official import episode_length

    return EpisodeScore(
        agent=play.contestant.name,
        scenario=play.episode.scenario,
        seed=play.episode.seed,
        score=LOWEST_SCORE,
        steps=0,
        max_steps=episode_length(contest, play.episode, play.prepared.folder),
        seconds_per_decision=0.0,
        slowest_decision=0.0,
        parts=dict.fromkeys(contest.edition.parts, LOWEST_SCORE),
        failure=failure,
        manipulations=list(manipulations),
    )


def _protected(
    contestants: Sequence[Contestant], contestant: Contestant, *places: Path
) -> tuple[Path, ...]:
    """Files that a contestant may not write: those of others, of powrl, and what it judges by."""
    others = {part for other in contestants if other is not contestant for part in _parts(other)}
    parts = _parts(contestant)
    zips = {path for path in parts if path.suffix.lower() == ZIP_SUFFIX}  # which play unpacked
    caches = [cache_folder(kind) for kind in ("references", TRAVELLED)]
    return (*places, *caches, _PACKAGE, *zips, *(others - {*parts}))


def _parts(contestant: Contestant) -> tuple[Path, ...]:
    try:
        return contestant.parts
    except PowrlError:  # it is no Python, which is told where it is imported
        return () if contestant.file is None else (contestant.file,)


def _try(contestant: Contestant, scenarios: Scenarios, folder: Path) -> None:
    with closing(open_environment(scenarios)) as environment:
        try_contestant(contestant, environment, scenarios, folder)


def _require_playable(
    contestant: Contestant, scenarios: Scenarios, rewards: Mapping[str, Any]
) -> None:
    """Refuse rewards of a submission that an environment cannot be made or played with."""
    try:
        with contestant.guard(), closing(open_environment(scenarios, **rewards)) as environment:
            environment.reset()
            environment.step(environment.action_space())
    except PowrlError as error:
        raise PowrlError(
            f"the rewards of {contestant.name} cannot be played with: {error}"
        ) from error


def _play(contest: Contest, play: Play, folder: Path, log: bool) -> dict[str, Any]:
    """Play an episode, in a process of its own."""
    from .official import score_contestant

    manipulations = Manipulations()
    copy = unchanged_copy(contest, play.episode, play.prepared, folder / "environment")
    contestant, score, failure = play.contestant, None, ""
    written = folder / _LOG if log and contestant.tells_decisions else None
    try:
        with failures_of(contestant.name, play.episode.scenario):
            score = score_contestant(
                contest, play.episode, copy, contestant, written, folder / _RECORDING, manipulations
            )
    except PowrlError as error:
        failure = str(error)
    manipulations.end()
    if score and digest_of(copy) != play.prepared.digest:
        failure = _failed(contestant, "it has edited the files that it is scored with")
    for refusal in refusals():
        manipulations.note(FILES, refusal)
    return {
        "score": score and asdict(score),
        "failure": failure,
        "manipulations": manipulations.to_list(),
    }


def _score(contest: Contest, play: Play, outcome: Outcome) -> EpisodeScore:
    """The score in a result that foreign code may have had a hand in."""
    if outcome.failure:
        return failed_score(contest, play, _sentence(play.contestant, outcome))
    result, expected = outcome.result, play.episode
    try:
        manipulations = [str(text) for text in result["manipulations"]]
        if result["failure"]:
            return failed_score(contest, play, str(result["failure"]), manipulations)
        body = {
            **result["score"],
            "failure": "",
            "agent": play.contestant.name,
            "manipulations": manipulations,
        }
        score = _SCORE.validate_json(json.dumps(body))
        if (score.scenario, score.seed) != (expected.scenario, expected.seed) or not _is_whole(
            score
        ):
            raise ValueError(f"{score} is no score of {expected}")
    except (KeyError, TypeError, ValueError, ValidationError):
        text = "its process has left no score that can be read"
        return failed_score(contest, play, _failed(play.contestant, text))
    return score


def _is_whole(score: EpisodeScore) -> bool:
    """Whether all numbers are finite, and the costs are there in all units."""
    numbers = (score.score, score.seconds_per_decision, *score.parts.values())
    units = {unit.value for unit in CostUnits}
    return all(map(math.isfinite, numbers)) and (
        score.costs is not None and score.costs.operation.keys() == units
    )


def _take_over(play: Play, folder: Path, log_folder: Path | None, recordings: Path | None) -> None:
    """Keep the recording and the log of an episode, where they are what they should be."""
    if recordings is not None:
        target = recordings / recording_file(play.contestant.name, play.episode)
        Recording.load(folder / _RECORDING).save(target)
    if log_folder is not None and play.contestant.tells_decisions:
        log = (folder / _LOG).read_bytes()
        add_log_part(log_folder, play.contestant, play.episode, log)


def _keep_output(play: Play, folder: Path, run: Path) -> None:
    """Keep the end of what an agent has printed, below the run folder."""
    try:
        with open_regular(folder / OUTPUT_FILE) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_OUTPUT))
            text = file.read(_MOST_OUTPUT)
    except OSError:  # the agent has removed it, or it is larger than any file that is read
        return
    if text.strip():
        target = RunFolder(run).output / recording_file(play.contestant.name, play.episode)
        with refusing_unwritable(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_whole(target.with_suffix(".txt"), text)


def _sentence(contestant: Contestant, outcome: Outcome) -> str:
    return outcome.failure if outcome.is_sentence else _failed(contestant, outcome.failure)


def _failed(contestant: Contestant, text: str) -> str:
    return f"the agent {contestant.name} failed: {text}; mend it or leave it out."
