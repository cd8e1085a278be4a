"""The episodes that a replay shows: a scenario with a seed, as all agents played it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import PowrlError, count
from ...player.errors import did_you_mean
from ..results import EpisodeScore
from ..run_folder import RunFolder

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShownEpisode:
    """One episode, as all agents played it.

    Attributes
    ----------
    scenario, seed:
        What was played.
    scores:
        Score of each agent, in the order of the run: the baselines come last.
    """

    scenario: str
    seed: int
    scores: tuple[EpisodeScore, ...]

    @property
    def survival(self) -> float:
        """Share of the steps that the first agent survived."""
        return self.scores[0].steps / self.scores[0].max_steps


def episodes_of(
    files: RunFolder, scenario: str | None = None, seed: int | None = None
) -> list[ShownEpisode]:
    """The recorded episodes of a run, those first in which the first agent survived least.

    Parameters
    ----------
    scenario, seed:
        Those alone; None: all.

    Raises
    ------
    PowrlError
        The run has no such episode.
    """
    scores = files.episodes(older=True)
    if not scores:
        raise PowrlError(f"{files.path} is no run folder of powrl score with an episode; give one.")
    if scenario is not None:
        scores = matching(files, scores, "scenario", scenario)
    if seed is not None:
        scores = matching(files, scores, "seed", seed)
    recorded = [score for score in scores if files.recording_path(score).exists()]
    if not recorded:
        raise PowrlError(
            f"no episode of {files.path} is recorded; play them again: powrl score --resume "
            f"{files.path}."
        )
    missing = files.unrecorded(scores)
    if missing:
        log.warning(
            "no recording of %d of %s, which are not shown; play them again: powrl score "
            "--resume %s",
            len(missing),
            count(len(scores), "episode"),
            files.path,
        )
    groups: dict[tuple[str, int], list[EpisodeScore]] = {}
    for score in recorded:
        groups.setdefault((score.scenario, score.seed), []).append(score)
    order = agents_in_order(files, recorded)
    episodes = [
        ShownEpisode(*key, tuple(sorted(group, key=lambda score: order.index(score.agent))))
        for key, group in groups.items()
    ]
    return sorted(episodes, key=lambda episode: (episode.survival, episode.scenario, episode.seed))


def agents_in_order(files: RunFolder, scores: Sequence[EpisodeScore]) -> list[str]:
    """Names of the agents that played: as the report has them, where there is one."""
    played = list(dict.fromkeys(score.agent for score in scores))
    if not files.is_finished:
        return sorted(played, key=is_baseline)
    reported = [row["agent"] for row in files.document()["agents"]]
    return [*(name for name in reported if name in played), *(set(played) - set(reported))]


def is_baseline(agent: str) -> bool:
    """Whether a name is that of an agent that powrl adds to every contest."""
    from ..contestants.own import BASELINES  # grid2op takes seconds to import

    return agent in BASELINES


def matching(
    files: RunFolder, scores: Sequence[EpisodeScore], key: str, value: str | int
) -> list[EpisodeScore]:
    """The scores with a value.

    Raises
    ------
    PowrlError
        There is none; the message lists the values that there are.
    """
    values = list(dict.fromkeys(getattr(score, key) for score in scores))
    if value not in values:
        names = list(map(str, values))
        raise PowrlError(
            f"there is no {key} {value!r} in {files.path}; it has {', '.join(names)}."
            f"{did_you_mean(str(value), names)}"
        )
    return [score for score in scores if getattr(score, key) == value]
