"""The results page, from the runs of `powrl score`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.marked_page import MarkedPage
from powrl.cli.score import PICTURE_FILE, SCORES_FILE
from powrl.player.errors import PowrlError
from powrl.scoring.picture import count
from powrl.scoring.report import with_spread

from .tracks import TRACKS, Track

PAGE = "results.md"
START, END = "<!-- results: start -->", "<!-- results: end -->"
COLUMNS = "| agent | official score | steps survived (%) | completed | ms per decision | slowest |"


def write_docs(runs: Path, docs: Path) -> None:
    """Rewrite what lies between the markers of the page, and the pictures beside it.

    Raises
    ------
    PowrlError
        No track has been played to its end, or the page is missing or lacks its markers.
    """
    page = MarkedPage.read(docs / PAGE, START, END)
    finished = [name for name in TRACKS if (runs / name / SCORES_FILE).exists()]
    if not finished:
        raise PowrlError(f"{runs} has no finished track; play one with --data and --output.")
    sections = [_section(name, TRACKS[name], runs / name, docs) for name in finished]
    page.write("\n\n".join(sections))


def _section(name: str, track: Track, run: Path, docs: Path) -> str:
    """Heading, picture, table and differences of a track."""
    document = json.loads((run / SCORES_FILE).read_text(encoding="utf-8"))
    picture = f"results-{name}.png"
    shutil.copyfile(run / PICTURE_FILE, docs / picture)
    revision = document["versions"].get("git", document["versions"]["powrl"])
    scenarios, seeds = (len(document[key]) for key in ("scenarios", "seeds"))
    played = (
        f"{count(scenarios, 'scenario')}, {count(seeds, 'seed')}; "
        f"{document['score']['costs']}; powrl {revision}"
    )
    rows = [_row(agent, document["episodes"]) for agent in document["agents"]]
    lines = [
        f"## {track.title}\n",
        f"{played}.\n",
        f"[Steps survived of each scenario]({picture})\n",
        COLUMNS,
        "|---|---|---|---|---|---|",
        *rows,
        "",
        *(_difference(document, *pair) for pair in track.pairs),
    ]
    return "\n".join(lines).rstrip()


def _row(agent: Mapping[str, Any], episodes: list[Mapping[str, Any]]) -> str:
    mine = [each for each in episodes if each["agent"] == agent["agent"]]
    completed = sum(each["steps"] == each["max_steps"] for each in mine)
    cells = [
        agent["agent"],
        with_spread(agent["score"], agent["score_spread"]),
        with_spread(agent["survival"], agent["survival_spread"]),
        f"{completed} of {len(mine)}",
        f"{agent['ms_per_decision']:.2f}",
        f"{agent['slowest_ms']:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _difference(document: Mapping[str, Any], one: str, other: str) -> str:
    found = [
        each for each in document["differences"] if (each["agent"], each["other"]) == (one, other)
    ]
    (each,) = found
    score = _with_interval(each["score"], each["score_interval"])
    survival = _with_interval(each["survival"], each["survival_interval"])
    return f"- {one} against {other}: official score {score}, steps survived {survival}"


def _with_interval(mean: float, interval: list[float] | None) -> str:
    if interval is None:
        return f"{mean:+.1f}"
    return f"{mean:+.1f} ({interval[0]:+.1f} to {interval[1]:+.1f})"
