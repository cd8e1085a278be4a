"""grid2op's own score class, run on private copies of an environment folder.

grid2op keeps the reference runs (its "statistics") inside the environment's folder, and does not
compute them anew when the seeds change. So each seed has a copy of its own.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from grid2op.Episode import EpisodeData
from grid2op.utils import ScoreL2RPN2020

from ..grid.environments import Scenarios, open_environment, scenario_names
from .contest import Contest, Contestant
from .results import EpisodeScore
from .watched_agent import WatchedAgent

SCORE_CLASS = "grid2op.utils.ScoreL2RPN2020"
COST_CONVENTION = (
    "operation cost in EUR/MWh, the convention of grid2op 1.7 and later; scores of older versions "
    "do not compare"
)
_NOT_COPIED = ("__pycache__", "_statistics*")


def copy_environment(contest: Contest, parent: Path) -> Path:
    """Copy the environment folder with just the scenarios of the contest into a new `parent`.

    Returns
    -------
    Path
        The copy; it has the name of the original, from which grid2op takes that of the environment.
    """
    copy = parent / contest.folder.name
    copy.mkdir(parents=True)
    for part in contest.folder.iterdir():
        if part.name != "chronics" and not any(map(part.match, _NOT_COPIED)):
            _copy(part, copy / part.name)
    (copy / "chronics").mkdir()
    for scenario in contest.scenarios:
        _copy(contest.folder / "chronics" / scenario, copy / "chronics" / scenario)
    return copy


def compute_references(contest: Contest, folder: Path, seed: int) -> None:
    """Play grid2op's two reference agents with one seed; the private `folder` keeps their costs."""
    with _official_score(contest, folder, seed):
        pass


def score_contestant(
    contest: Contest, folder: Path, seed: int, contestant: Contestant, log: Path | None = None
) -> list[EpisodeScore]:
    """Score one contestant with one seed on all scenarios.

    Parameters
    ----------
    folder:
        A private copy for which `compute_references` was run with the same seed.
    log:
        File to write the decisions to, one JSON object per line; the agent needs an
        `on_decision` hook for it.

    Raises
    ------
    PowrlError
        The agent cannot be loaded.
    """
    with ExitStack() as stack:
        score = stack.enter_context(_official_score(contest, folder, seed))
        played = scenario_names(score.env)
        write = None
        if log is not None:
            file = stack.enter_context(log.open("w", encoding="utf-8"))

            def write(episode: int, observation: Any, decision: Any) -> None:
                row = {"scenario": played[episode], "seed": seed, **decision.to_json(observation)}
                file.write(json.dumps(row) + "\n")

        agent = WatchedAgent(contestant.make(score.env), write)
        # inside the private folder, so that what a killed worker leaves is removed with it
        episodes = folder.parent / f"episodes-{contest.contestants.index(contestant)}"
        scores, steps, _ = score.get(agent, path_save=str(episodes))
        lengths = _lengths(episodes)
        shutil.rmtree(episodes)
        seconds = dict(zip(played, agent.seconds, strict=True))
        return [
            EpisodeScore(
                agent=contestant.name,
                scenario=name,
                seed=seed,
                score=float(scores[number]),
                steps=int(steps[number]),
                max_steps=lengths[name],
                seconds_per_decision=float(np.mean(seconds[name])),
            )
            for number, name in enumerate(_scored_scenarios(score))
        ]


@contextmanager
def _official_score(contest: Contest, folder: Path, seed: int) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # grid2op's, of its own defaults
        environment = open_environment(Scenarios(contest.environment, folder))
        try:
            seeds = [contest.episode_seed(seed, name) for name in scenario_names(environment)]
            yield ScoreL2RPN2020(
                environment,
                env_seeds=seeds,
                agent_seeds=seeds,
                nb_scenario=len(seeds),
                max_step=contest.max_steps or -1,
            )
        finally:
            environment.close()


def _scored_scenarios(score: Any) -> list[str]:
    """Names of the scenarios in the order of the scores, which need not be that of play."""
    metadata = score.stat_dn.get_metadata()
    return [metadata[str(number)]["scenario_name"] for number in range(score.nb_scenario)]


def _lengths(episodes: Path) -> dict[str, int]:
    """Steps of each scenario; the score class gives those that its reference agent survived."""
    lengths = {}
    for path in episodes.glob(f"*/{EpisodeData.META_FILE}"):
        metadata = json.loads(path.read_text(encoding="utf-8"))
        lengths[path.parent.name] = int(metadata["chronics_max_timestep"])
    return lengths


def _copy(source: Path, target: Path) -> None:
    """Copy contents only: with the modes of a read-only source, grid2op could not write there."""
    if source.is_dir():
        target.mkdir()
        for part in source.iterdir():
            _copy(part, target / part.name)
    else:
        shutil.copyfile(source, target)
