"""What a contest leaves behind: `scores.json`, `scores.csv` and the one-page report."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from ..reporting.html_page import render_page
from ..reporting.text import count, with_spread
from ..workspace.runs import versions
from .contest import Contest
from .contestants.own import Baseline
from .recording import Recording, end_of
from .results import EpisodeScore, compare, summarize
from .timeline import timeline_picture

FORMAT = "powrl scores 1"
MOST_USED = 10
"""Substations that the report names."""


def scores_document(
    contest: Contest,
    episodes: Sequence[EpisodeScore],
    data: str,
    contents: Mapping[str, str],
    command: str,
) -> dict[str, Any]:
    """The body of `scores.json`: all results, and all that is needed to get them again.

    Parameters
    ----------
    data:
        Where the scenarios come from, as the user said it.
    contents:
        Source of each agent -> digest of its files as the run began.
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
                **asdict(summarize(played[each.name])),
                "source": each.source,
                "baseline": isinstance(each, Baseline),
                "sha256": contents.get(each.source),
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


def html_report(
    document: dict[str, Any],
    picture: bytes,
    recordings: Mapping[tuple[str, str, int], Recording],
) -> str:
    """The report of a `scores_document`; one HTML page that needs no other file.

    Parameters
    ----------
    picture:
        Of survival.
    recordings:
        Agent, scenario and seed -> what happened, for the agents that are told of in detail.
    """
    filters: dict[str, Callable[..., str]] = {
        "count": count,
        "spread": with_spread,
        "interval": _interval,
    }
    stories = [
        _story(row["agent"], document["episodes"], recordings)
        for row in document["agents"]
        if any(agent == row["agent"] for agent, _, _ in recordings)
    ]
    return render_page(
        "scoring", "report.html.jinja", filters, picture=picture, run=document, stories=stories
    )


def _story(
    agent: str,
    episodes: Sequence[Mapping[str, Any]],
    recordings: Mapping[tuple[str, str, int], Recording],
) -> dict[str, Any]:
    """What the page tells of an agent: its episodes over time, their ends, and what it used."""
    mine = [
        (each, recordings[agent, each["scenario"], each["seed"]])
        for each in episodes
        if each["agent"] == agent
    ]
    rows = {
        f"{each['scenario']}, {each['seed']}": (recording, each["max_steps"])
        for each, recording in mine
    }
    used = np.sum([recording.used.sum(axis=0) for _, recording in mine], axis=0)
    names = mine[0][1].substations
    order = [index for index in np.argsort(-used, kind="stable")[:MOST_USED] if used[index]]
    return {
        "agent": agent,
        "timeline": timeline_picture(agent, rows),
        "ends": [
            {**each, "end": end_of(recording)}
            for each, recording in mine
            if each["steps"] < each["max_steps"]
        ],
        "used": [f"{names[index]} ({used[index]})" for index in order],
        "rules": _rules([recording for _, recording in mine]),
    }


def _rules(recordings: Sequence[Recording]) -> list[str]:
    """How often each rule decided, of agents that tell their reasons."""
    reasons = [str(each).partition(":")[0] for one in recordings for each in one.reasons]
    return [f"{rule} {times:,}" for rule, times in Counter(reasons).most_common() if rule]


def _interval(interval: tuple[float, float] | None) -> str:
    return "–" if interval is None else f"{interval[0]:+.1f} to {interval[1]:+.1f}"  # noqa: RUF001
