"""What a search leaves behind: a table, the best configuration, and a page."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ...configuration.sections import Configuration
from ...player.files import write_text_whole
from ...storage.html_page import render_page
from ..run_files import read_start
from .space import shown_value
from .study import Study, folder_of, why_ended, worth

BEST_FILE, TABLE_FILE, REPORT_FILE = "best.yaml", "trials.csv", "report.html"
_POINTS, _BEST = "#0072B2", "#E69F00"  # of Okabe and Ito, told apart by colour-blind readers
_IN_A_ROW = 3


def write_report(folder: Path, study: Study, best: Configuration | None) -> None:
    """Write ``best.yaml``, ``trials.csv`` and ``report.html`` of the trials that ended.

    Parameters
    ----------
    best:
        The configuration of the best trial; None: none is complete.
    """
    rows = _rows(study)
    if best is not None:
        write_text_whole(folder / BEST_FILE, best.to_yaml())
    write_text_whole(folder / TABLE_FILE, _csv(rows))
    page = render_page(
        "learning.tuning",
        "report.html.jinja",
        {"percent": "{:.1%}".format, "value": shown_value},
        rows=sorted(rows, key=lambda row: (row["survival"] is None, -(row["survival"] or 0.0))),
        names=list(rows[0]["values"]) if rows else [],
        picture=None if best is None else _picture(rows),
        best=None if best is None else best.to_yaml(),
        start=read_start(folder),
    )
    write_text_whole(folder / REPORT_FILE, page)


def _rows(study: Study) -> list[dict[str, Any]]:
    """A row for each trial that ended, in their order."""
    return [
        {
            "trial": folder_of(trial),
            "survival": None if why_ended(trial) else worth(trial),
            "why": why_ended(trial),
            "values": trial.params,
        }
        for trial in study.ended
    ]


def _csv(rows: list[dict[str, Any]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = list(rows[0]["values"]) if rows else []
    writer.writerow(["trial", "survival", "ended early", *names])
    for row in rows:
        survival = "" if row["survival"] is None else row["survival"]
        writer.writerow(
            [row["trial"], survival, row["why"], *(row["values"][name] for name in names)]
        )
    return file.getvalue()


def _picture(rows: list[dict[str, Any]]) -> bytes:
    """The complete trials in their order, and over each of their values."""
    complete = [row for row in rows if row["survival"] is not None]
    survival = 100 * np.array([row["survival"] for row in complete])
    names = list(complete[0]["values"])
    n_rows = -(-(len(names) + 1) // _IN_A_ROW)
    figure = Figure(figsize=(11, 3 * n_rows), layout="constrained")
    panels = figure.subplots(n_rows, _IN_A_ROW, squeeze=False, sharey=True).ravel()
    panels[0].plot(survival, "o", color=_POINTS)
    panels[0].plot(np.maximum.accumulate(survival), color=_BEST, label="the best so far")
    panels[0].set_xlabel("complete trial")
    panels[0].legend(loc="lower right")
    for axes, name in zip(panels[1:], names, strict=False):
        values = [row["values"][name] for row in complete]
        if any(isinstance(value, (str, bool)) for value in values):
            values = list(map(str, values))
        elif min(values) > 0 and max(values) > 20 * min(values):
            axes.set_xscale("log")
        axes.plot(values, survival, "o", color=_POINTS)
        axes.set_xlabel(name)
    for axes in panels[len(names) + 1 :]:
        axes.set_visible(False)
    figure.supylabel("steps survived (%)")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()
