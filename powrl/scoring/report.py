"""What a contest leaves behind: `scores.json` and the one-page report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ..html_page import render_page
from ..runs import versions
from .contest import BASELINES, Contest
from .official import COST_CONVENTION, SCORE_CLASS
from .picture import count
from .results import EpisodeScore, compare, summarize

FORMAT = "powrl scores 1"


def scores_document(
    contest: Contest, episodes: Sequence[EpisodeScore], data: str, command: str
) -> dict[str, Any]:
    """The body of `scores.json`: all results, and all that is needed to get them again.

    Parameters
    ----------
    data:
        Where the scenarios come from, as the user said it.
    command:
        The command line.
    """
    played = {
        contestant.name: [each for each in episodes if each.agent == contestant.name]
        for contestant in contest.contestants
    }
    folders = {each.name: each.folder for each in contest.contestants}
    return {
        "format": FORMAT,
        "command": command,
        "versions": versions(),
        "environment": contest.environment,
        "data": data,
        "scenarios": list(contest.scenarios),
        "seeds": list(contest.seeds),
        "episode_seeds": {
            name: [contest.episode_seed(seed, name) for seed in contest.seeds]
            for name in contest.scenarios
        },
        "max_steps": contest.max_steps,
        "score": {"class": SCORE_CLASS, "costs": COST_CONVENTION},
        "agents": [
            {**asdict(summarize(rows)), "folder": str(folders[name]) if folders[name] else None}
            for name, rows in played.items()
        ],
        "differences": [
            asdict(compare(rows, played[baseline]))
            for name, rows in played.items()
            if folders[name]
            for baseline in BASELINES
        ],
        "episodes": [
            {**asdict(each), "episode_seed": contest.episode_seed(each.seed, each.scenario)}
            for each in episodes
        ],
    }


def html_report(document: dict[str, Any], picture: bytes) -> str:
    """The report of a `scores_document`; one HTML page that needs no other file."""
    filters: dict[str, Callable[..., str]] = {
        "count": count,
        "spread": with_spread,
        "interval": _interval,
    }
    return render_page("scoring", picture, filters, run=document)


def with_spread(mean: float, spread: float | None) -> str:
    """``48.3 ± 2.1``; without the spread where a single seed has none."""
    return f"{mean:.1f}" if spread is None else f"{mean:.1f} ± {spread:.1f}"


def _interval(interval: tuple[float, float] | None) -> str:
    return "–" if interval is None else f"{interval[0]:+.1f} to {interval[1]:+.1f}"  # noqa: RUF001
