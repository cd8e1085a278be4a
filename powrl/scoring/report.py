"""What a contest leaves behind: `scores.json`, `scores.csv` and the one-page report."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

from ..html_page import render_page
from ..runs import versions
from .contest import Contest
from .contestants import Baseline
from .picture import count
from .references import digest_of
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
    edition = contest.edition
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
                **asdict(summarize(played[each.name])),
                "source": each.source,
                "baseline": isinstance(each, Baseline),
                "sha256": digest_of(each.file) if each.file else None,
            }
            for each in contest.contestants
        ],
        "differences": [
            asdict(compare(played[one.name], played[other.name]))
            for one, other in combinations(contest.contestants, 2)
            if not isinstance(one, Baseline)
        ],
        "episodes": [
            {**asdict(each), "episode_seed": contest.episode_seed(each.seed, each.scenario)}
            for each in episodes
        ],
    }


def scores_table(document: dict[str, Any]) -> str:
    """The episodes of a `scores_document` as CSV, one row each."""
    file = io.StringIO()
    rows = [{**each, **each["parts"]} for each in document["episodes"]]
    names = [name for name in rows[0] if name != "parts"]
    writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


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
