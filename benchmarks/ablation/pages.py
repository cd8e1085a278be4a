"""The summary of the ablation beside its run, and its part of the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.marked_page import MarkedPage
from powrl.errors import PowrlError, count
from powrl.player.files import write_bytes_whole

from .picture import ablation_picture
from .summary import Row, markdown_table

PAGE, PICTURE = "ablation.md", "ablation.png"
START, END = "<!-- ablation: start -->", "<!-- ablation: end -->"


def caption(document: Mapping[str, Any]) -> str:
    """What was played, and the version of powrl; `document` is ``scores.json``."""
    steps = sorted({episode["max_steps"] for episode in document["episodes"]})
    length = " to ".join(f"{limit:,}" for limit in sorted({steps[0], steps[-1]}))
    scenarios, seeds = (len(document[key]) for key in ("scenarios", "seeds"))
    revision = document["versions"].get("git", document["versions"]["powrl"])
    return (
        f"{document['environment']}: {count(scenarios, 'scenario')} of {length} steps, "
        f"{count(seeds, 'seed')}; powrl {revision}"
    )


def markdown(document: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """The caption and the table."""
    return f"{caption(document)}.\n\n{markdown_table(rows)}\n"


def write_docs(docs: Path, document: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Rewrite the table between the markers of the page, and the picture.

    Raises
    ------
    PowrlError
        The page is missing or lacks its markers, or the full agent did not play.
    """
    page = MarkedPage.read(docs / PAGE, START, END)
    if not any(row.to_full for row in rows):
        raise PowrlError("no variant can be compared with the full agent; play both.")
    picture = ablation_picture(rows, f"One change at a time, {document['environment']}")
    write_bytes_whole(docs / PICTURE, picture)
    image = f"![Difference of each variant to the full agent]({PICTURE})"
    page.write(f"{image}\n\n{markdown(document, rows)}")
