"""What the ablation leaves behind: a summary beside the episodes, and its part of the docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.marked_page import MarkedPage
from powrl.player.errors import PowrlError
from powrl.player.files import write_whole
from powrl.scoring.picture import count

from .episodes import Episode
from .picture import ablation_picture
from .summary import Row, markdown_table

PAGE, PICTURE = "overload-manager.md", "ablation.png"
START, END = "<!-- ablation: start -->", "<!-- ablation: end -->"


def caption(episodes: Sequence[Episode]) -> str:
    """What was played, and by which powrl."""
    environments = sorted({each.settings["environment"] for each in episodes})
    scenarios, seeds = ({getattr(each, key) for each in episodes} for key in ("scenario", "seed"))
    steps = sorted({each.max_steps for each in episodes})
    length = " to ".join(f"{each:,}" for each in sorted({steps[0], steps[-1]}))
    return (
        f"{', '.join(environments)}: {count(len(scenarios), 'scenario')} of {length} steps, "
        f"{count(len(seeds), 'seed')}; powrl {', '.join(sorted({e.revision for e in episodes}))}"
    )


def markdown(episodes: Sequence[Episode], rows: Sequence[Row]) -> str:
    """The caption and the table."""
    return f"{caption(episodes)}.\n\n{markdown_table(rows)}\n"


def write_docs(docs: Path, episodes: Sequence[Episode], rows: Sequence[Row]) -> None:
    """Rewrite the table between the markers of the page, and the picture.

    Raises
    ------
    PowrlError
        The page is missing or lacks its markers, or nothing can be compared with the full agent.
    """
    page = MarkedPage.read(docs / PAGE, START, END)
    if not any(row.to_full for row in rows):
        raise PowrlError("no variant played what the full agent played; play more.")
    environments = ", ".join(sorted({each.settings["environment"] for each in episodes}))
    picture = ablation_picture(rows, f"One change at a time, {environments}")
    write_whole(docs / PICTURE, lambda file: file.write(picture))
    shown = f"![Difference of each variant to the full agent]({PICTURE})"
    page.write(f"{shown}\n\n{markdown(episodes, rows)}")
