"""The table and the one-page report of a scoring: `scores.csv` and `report.html`."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from markupsafe import Markup

from ..errors import count
from ..storage.html_page import package_text, render_page
from ..storage.text import interval_text, with_spread
from .recording import Recording, end_of
from .results import EpisodeScore
from .scoring_result import ScoringResult, kinds
from .timeline import timeline_picture

MAX_SUBSTATIONS = 10
"""Substations that the report names."""

Recordings = Mapping[tuple[str, str, int], Recording]
"""Agent, scenario and seed -> recording of the episode."""


def scores_table(document: Mapping[str, Any]) -> str:
    """The episodes of `ScoringResult.to_json` as CSV, one row each."""
    file = io.StringIO()
    rows = [
        {**episode, **episode["parts"], "manipulations": "; ".join(episode["manipulations"])}
        for episode in document["episodes"]
    ]
    names = [name for name in rows[0] if name not in ("parts", "costs")]
    writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def html_report(
    result: ScoringResult, picture: bytes, recordings: Recordings, replay: str | None = None
) -> str:
    """The report, one HTML page that needs no other file.

    Parameters
    ----------
    picture:
        Picture of the steps survived, a PNG file.
    recordings:
        Recordings of the agents that the report describes in detail.
    replay:
        Name of the page beside the report that shows all episodes; None: there is none.
    """
    filters: dict[str, Callable[..., str]] = {
        "count": count,
        "spread": with_spread,
        "interval": interval_text,
        "steps": _steps,
    }
    described = {agent for agent, _, _ in recordings}
    stories = [
        _story(summary.agent, result.episodes, recordings)
        for summary in result.summaries
        if summary.agent in described
    ]
    return render_page(
        "scoring",
        "report.html.jinja",
        filters,
        picture=picture,
        run=result.to_json(),
        spreads={summary.agent: result.spreads(summary) for summary in result.summaries},
        units=result.contest.shown_units,
        columns=_columns(result),
        stories=stories,
        episodes=result.episodes,
        replay=replay,
        style=package_text(__package__, "report.css"),
        script=package_text(__package__, "report.js"),
    )


def _columns(result: ScoringResult) -> dict[str, list[str]]:
    """Headings and cells of columns that are there only where they say something."""
    columns = {
        "failed decisions": [f"{row.failed_decisions:,}" for row in result.summaries],
        "cut decisions": [f"{row.cut_decisions:,}" for row in result.summaries],
        "failed episodes": [f"{row.failures:,}" for row in result.summaries],
        "manipulates": [", ".join(kinds(row.manipulations)) for row in result.summaries],
    }
    return {
        heading: cells
        for heading, cells in columns.items()
        if any(cell not in ("", "0") for cell in cells)
    }


@dataclass(frozen=True)
class _End:
    """The end of an episode that ended early: its score, and the reason in words."""

    episode: EpisodeScore
    reason: str


@dataclass(frozen=True)
class _Story:
    """The part of the report about one agent.

    Attributes
    ----------
    timeline:
        Picture of its episodes over time, a PNG file.
    ends:
        Ends of the episodes that ended early.
    used:
        Substations that it used most, with the number of actions.
    rules:
        Number of decisions by each rule, of agents that log their reasons.
    """

    agent: str
    timeline: bytes
    ends: list[_End]
    used: list[str]
    rules: list[str]


def _story(agent: str, episodes: Sequence[EpisodeScore], recordings: Recordings) -> _Story:
    pairs = [
        (episode, recordings[agent, episode.scenario, episode.seed])
        for episode in episodes
        if episode.agent == agent and not episode.failure
    ]
    rows = {
        f"{episode.scenario}, {episode.seed}": (recording, episode.max_steps)
        for episode, recording in pairs
    }
    return _Story(
        agent,
        timeline_picture(agent, rows),
        [
            _End(episode, end_of(recording))
            for episode, recording in pairs
            if episode.steps < episode.max_steps
        ],
        _substations([recording for _, recording in pairs]),
        _rules([recording for _, recording in pairs]),
    )


def _substations(recordings: Sequence[Recording]) -> list[str]:
    used = np.sum([recording.used.sum(axis=0) for recording in recordings], axis=0)
    names = recordings[0].substations
    order = [index for index in np.argsort(-used, kind="stable")[:MAX_SUBSTATIONS] if used[index]]
    return [f"{names[index]} ({used[index]})" for index in order]


def _rules(recordings: Sequence[Recording]) -> list[str]:
    rules = [
        str(reason).partition(":")[0] for recording in recordings for reason in recording.reasons
    ]
    return [f"{rule} {times:,}" for rule, times in Counter(rules).most_common() if rule]


def _steps(episode: EpisodeScore, replay: str | None) -> Markup:
    """The steps that were survived, with a link to the last one in the replay."""
    text = f"{episode.steps} of {episode.max_steps}"
    if replay is None or episode.failure:  # which has no recording
        return Markup.escape(text)
    place = {"scenario": episode.scenario, "seed": episode.seed, "step": episode.steps - 1}
    return Markup('<a href="{}#{}">{}</a>').format(replay, urlencode(place), text)
