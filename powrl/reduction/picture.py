"""The picture of a reduction: what sets of every size solve, and where their actions are."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from ..errors import count

# of Okabe and Ito, told apart by colour-blind readers
_HELD_OUT, _CHOSEN_ON = "#0072B2", "#E69F00"
_INCHES_PER_BAR = 0.17


def reduction_picture(document: dict[str, Any]) -> bytes:
    """Draw the share of solved states over the size, and the actions of each substation.

    Parameters
    ----------
    document:
        `powrl.reduction.report.summary`.

    Returns
    -------
    bytes
        A PNG file.
    """
    height = max(4.5, 1.6 + _INCHES_PER_BAR * len(document["substations"]))
    figure = Figure(figsize=(11, height), layout="constrained")
    curves, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_shares(curves, document)
    _draw_substations(right, document)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130)
    return file.getvalue()


def _draw_shares(axes: Any, document: dict[str, Any]) -> None:
    labels = [("chosen_on", _CHOSEN_ON, "chosen on"), ("held_out", _HELD_OUT, "held out")]
    if not document["scenarios"]["held_out"]:
        del labels[1]
    for name, colour, label in labels:
        counts, whole = document["curve"][name], document[name]
        if not whole["solvable"]:
            continue
        shares = 100 * np.array(counts) / whole["solvable"]
        axes.plot(
            np.arange(1, len(shares) + 1),
            shares,
            color=colour,
            label=f"{label}: {count(whole['solvable'], 'state')}",
        )
        for row in document["sizes"]:
            share = shares[row["size"] - 1]
            axes.plot(row["size"], share, "o", color=colour, markersize=5)
            if name == labels[-1][0]:
                axes.annotate(
                    f"{share:.1f} %",
                    (row["size"], share),
                    xytext=(0, -14),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8,
                )
    axes.set_xscale("log")
    ticks = [1, 10, *(row["size"] for row in document["sizes"])]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], rotation=40)
    axes.minorticks_off()
    axes.set_xlabel("actions in the set")
    axes.set_ylabel("solved, % of what any single action solves")
    axes.set_title(f"Hard states of {document['settings']['environment']}")
    axes.set_ylim(0, 103)
    if axes.lines:  # none where no single action solves anything
        axes.legend(frameon=False, loc="lower right")
    axes.grid(color="#DDDDDD", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_substations(axes: Any, document: dict[str, Any]) -> None:
    rows = document["substations"]
    sizes = document["sizes"][:-1] or document["sizes"]  # all of them would dwarf the sets
    counts = np.array([row["actions"][: len(sizes)] for row in rows])
    added = np.diff(counts, axis=1, prepend=0)
    places, start = np.arange(len(rows)), np.zeros(len(rows))
    shades = colormaps["viridis"](np.linspace(0.1, 0.9, len(sizes)))
    for part, size, colour in zip(added.T, sizes, shades, strict=True):
        axes.barh(places, part, left=start, color=colour, label=f"{size['size']:,}")
        start = start + part
    axes.set_yticks(places, [row["substation"] for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("actions of the substation")
    axes.set_title("Where they act")
    axes.legend(title="set of", frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
