"""The picture of the ablation: what each change does to the steps survived."""

from __future__ import annotations

import io
from collections.abc import Sequence

from matplotlib.figure import Figure

from .summary import Row
from .variants import FULL

# of Okabe and Ito, told apart by colour-blind readers
_BETTER, _WORSE, _OPEN = "#0072B2", "#D55E00", "#A0A0A0"
_INCHES_PER_BAR = 0.26


def ablation_picture(rows: Sequence[Row], title: str) -> bytes:
    """Draw the paired difference of each variant to the full agent, group by group.

    Returns
    -------
    bytes
        A PNG file.
    """
    places: dict[float, Row] = {}
    place = 0.0
    for number, row in enumerate(rows):
        if row.to_full is None:
            continue
        if places and row.group != rows[number - 1].group:
            place += 0.8
        places[place] = row
        place += 1
    height = 1.7 + _INCHES_PER_BAR * place
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.add_subplot()
    for where, row in places.items():
        assert row.to_full is not None
        mean, interval = row.to_full.survival, row.to_full.survival_interval
        low, high = interval or (mean, mean)
        is_open = interval is None or low <= 0 <= high
        colour = _OPEN if is_open else _BETTER if low > 0 else _WORSE
        axes.barh(where, mean, height=0.7, color=colour, alpha=0.7)
        axes.plot((low, high), (where, where), color="#222222", linewidth=1.2)
    axes.axvline(0, color="#222222", linewidth=0.8)
    axes.set_yticks(list(places), [_label(row) for row in places.values()], fontsize=9)
    axes.set_ylim(place - 0.3, -0.7)
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(
        f"steps survived: difference to {FULL} (percentage points)\n"
        "line: 95 % interval over scenarios; grey: it holds 0"
    )
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130)
    return file.getvalue()


def _label(row: Row) -> str:
    name = row.variant
    for written, shown in (
        ("without-", "without "),
        ("with-", "with "),
        ("actions-", "actions: "),
        ("=", " = "),
    ):
        name = name.replace(written, shown)
    return name
