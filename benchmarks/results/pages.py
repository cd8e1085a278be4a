"""The results page, from the runs of `powrl score`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.marked_page import MarkedPage
from powrl.errors import PowrlError, count
from powrl.scoring.run_folder import RunFolder
from powrl.storage.text import with_interval, with_spread

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
    finished = [name for name in TRACKS if RunFolder(runs / name).is_finished]
    if not finished:
        raise PowrlError(f"{runs} has no finished track; play one with --data and --output.")
    sections = [_section(name, TRACKS[name], RunFolder(runs / name), docs) for name in finished]
    page.write("\n\n".join(sections))


def _section(name: str, track: Track, run: RunFolder, docs: Path) -> str:
    """Heading, picture, table and differences of a track."""
    document = run.document()
    picture = f"results-{name}.png"
    shutil.copyfile(run.picture, docs / picture)
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
    played = [episode for episode in episodes if episode["agent"] == agent["agent"]]
    completed = sum(episode["steps"] == episode["max_steps"] for episode in played)
    cells = [
        agent["agent"],
        with_spread(agent["score"], agent["score_spread"]),
        with_spread(agent["survival"], agent["survival_spread"]),
        f"{completed} of {len(played)}",
        f"{agent['ms_per_decision']:.2f}",
        f"{agent['slowest_ms']:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _difference(document: Mapping[str, Any], one: str, other: str) -> str:
    (difference,) = (
        difference
        for difference in document["differences"]
        if (difference["agent"], difference["other"]) == (one, other)
    )
    score = with_interval(difference["score"], difference["score_interval"])
    survival = with_interval(difference["survival"], difference["survival_interval"])
    return f"- {one} against {other}: official score {score}, steps survived {survival}"
