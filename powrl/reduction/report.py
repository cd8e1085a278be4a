"""What a reduction leaves behind: action sets, a table, and the one-page report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import count
from ..player.files import write_bytes_whole, write_text_whole
from ..storage.html_page import render_page
from .coverage import Coverage, by_cause, coverage, reasons, solved_by_number
from .evaluation import Evaluation
from .picture import reduction_picture
from .pool import NEAR_BEST
from .run import Reduction
from .states import CAUSES, SOLVED_RHO, STEPS_APART

FORMAT = "powrl reduction 1"


def write_results(folder: Path, reduction: Reduction, start: dict[str, Any]) -> dict[str, Any]:
    """Write the action sets, ``table.csv``, ``summary.json``, ``report.png`` and ``report.html``.

    Parameters
    ----------
    start:
        The command line and the versions that the run began with.

    Returns
    -------
    dict
        The body of ``summary.json``.
    """
    document = summary(reduction, start)
    picture = reduction_picture(document)
    for row in document["sizes"]:
        reduction.actions(row["size"]).save(folder / row["file"])
    write_text_whole(folder / "table.csv", _csv(document["actions"]))
    write_text_whole(folder / "summary.json", json.dumps(document, indent=1) + "\n")
    write_bytes_whole(folder / "report.png", picture)
    write_text_whole(folder / "report.html", html_report(document, picture))
    return document


def summary(reduction: Reduction, start: dict[str, Any]) -> dict[str, Any]:
    """All that the report shows, as plain data."""
    order, names = reduction.selection.order, ("chosen_on", "held_out")
    everything = {name: getattr(reduction, name) for name in names}
    sizes = []
    for size in reduction.sizes:
        actions = order[:size]
        sizes.append(
            {
                "size": size,
                "file": "actions-all.json" if size == len(order) else f"actions-{size}.json",
                "substations": len({reduction.pool.actions[index].substation for index in actions}),
                **{name: _counts(evaluation, actions) for name, evaluation in everything.items()},
                "causes": {
                    cause: _with_share(covered)
                    for cause, covered in by_cause(everything["held_out"], actions).items()
                },
            }
        )
    body = {
        "format": FORMAT,
        "command": start["command"],
        "versions": start["versions"],
        "settings": reduction.settings.model_dump(mode="json"),
        "scenarios": {name: list(getattr(reduction.scope, name)) for name in names},
        "enumerated": reduction.scope.enumerated,
        "tried": len(reduction.pool),
        "screening": {
            **asdict(reduction.screening),
            "substations": list(reduction.screening.substations),
        },
        "in_view": float(everything["chosen_on"].in_view.mean()),
        **{name: _counts(evaluation, order) for name, evaluation in everything.items()},
        "sizes": sizes,
        "curve": {
            name: solved_by_number(evaluation, order) for name, evaluation in everything.items()
        },
        "actions": reasons(
            everything["chosen_on"], reduction.selection, reduction.pool, reduction.sizes
        ),
    }
    body["substations"] = _by_substation(reduction)
    return body


def html_report(document: dict[str, Any], picture: bytes) -> str:
    """The report of a `summary`; one HTML page that needs no other file."""
    return render_page(
        "reduction",
        "report.html.jinja",
        {"percent": _percent, "count": count},
        picture=picture,
        run=document,
        causes=CAUSES,
        solved_rho=SOLVED_RHO,
        apart=STEPS_APART,
        near=NEAR_BEST,
    )


def _counts(evaluation: Evaluation, actions: Sequence[int]) -> dict[str, Any]:
    return _with_share(coverage(evaluation, actions))


def _with_share(covered: Coverage) -> dict[str, Any]:
    return {**asdict(covered), "share": covered.share}


def _by_substation(reduction: Reduction) -> list[dict[str, Any]]:
    """How many actions of each substation the sets hold."""
    pool, order = reduction.pool, reduction.selection.order
    rows = []
    for substation, name in enumerate(pool.layout.substations):
        held = [pool.actions[index].substation == substation for index in order]
        if any(held):
            counts = [sum(held[:size]) for size in reduction.sizes]
            elements = len(pool.layout.elements[substation])
            rows.append({"substation": name, "elements": elements, "actions": counts})
    return rows


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"  # noqa: RUF001
