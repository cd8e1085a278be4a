"""What is shown of a training: the picture of its curve, and a report of one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import count
from ..player.files import read_text, write_bytes_whole, write_text_whole
from ..storage.html_page import render_page
from .curve import read_curve
from .curve_picture import curve_picture
from .run_files import CONFIGURATION_FILE, read_start

PICTURE_FILE, REPORT_FILE = "curve.png", "report.html"


def write_report(folder: Path) -> None:
    """Write ``curve.png`` and ``report.html`` to the run folder of a training.

    Raises
    ------
    PowrlError
        Its curve is damaged, or the folder cannot be written.
    """
    rows = read_curve(folder)
    if not rows:  # the curve is lost, and an older report says more than none
        return
    picture = curve_picture(rows)
    write_bytes_whole(folder / PICTURE_FILE, picture)
    validations = [row for row in rows if "validation" in row]
    page = render_page(
        "learning",
        "training_report.html.jinja",
        {"percent": "{:.1%}".format, "count": count},
        picture=picture,
        configuration=read_text(folder / CONFIGURATION_FILE),
        start=read_start(folder),
        milestones=_milestones(validations),
        validations=validations,
        epochs=[row for row in rows if "epoch" in row],
        rollouts=[row for row in rows if "episodes" in row],
    )
    write_text_whole(folder / REPORT_FILE, page)


def _milestones(validations: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The validations of the untrained policy, after the lessons, the best and the last one."""
    if not validations:
        return []
    milestones = [("untrained, or as it was at the start", validations[0])]
    if len(validations) > 1 and validations[1]["timesteps"] == 0:
        milestones.append(("after the lessons", validations[1]))
    best = max(validations, key=lambda row: float(row["validation"]))
    return [*milestones, ("the best, which is the agent", best), ("the last", validations[-1])]
