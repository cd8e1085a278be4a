"""The picture of an agent's episodes over time: loads, attacks, maintenance and actions."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from ..grid_map.look import look
from .recording import HIGHEST_LOAD, Recording

COLUMNS = 600
"""A column shows the highest load of the steps that it stands for."""

_INCHES_PER_ROW, _MAX_PIXELS = 0.32, 30_000
_ATTACK, _MAINTENANCE, _ACTION = "#000000", "#56B4E9", "#0072B2"
_BAND, _MARKS = 0.5, {"attack": -0.32, "maintenance": -0.42, "action": 0.36}


def timeline_picture(agent: str, episodes: Mapping[str, tuple[Recording, int]]) -> bytes:
    """Draw one row for each episode.

    Parameters
    ----------
    episodes:
        Label of the row -> recording, and steps that the episode has.

    Returns
    -------
    bytes
        A PNG file.
    """
    longest = max(n_steps for _, n_steps in episodes.values())
    height = 1.6 + len(episodes) * _INCHES_PER_ROW
    figure = Figure(figsize=(10, height), layout="constrained")
    axes = figure.add_subplot()
    for row, (recording, n_steps) in enumerate(episodes.values()):
        image = _draw(axes, row, recording, n_steps, longest)
    axes.set_xlim(0, longest)
    axes.set_ylim(len(episodes) - 0.5, -0.6)
    axes.set_yticks(range(len(episodes)), list(episodes), parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("step")
    axes.set_title(f"{agent}: load of the most loaded line", parse_math=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.colorbar(image, ax=axes, label="% of its limit", shrink=min(1.0, 4 / height), pad=0.01)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=4, frameon=False)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=min(130, _MAX_PIXELS / height))
    return file.getvalue()


def _draw(axes: Axes, row: int, recording: Recording, n_steps: int, longest: int) -> AxesImage:
    highest = recording.rho[:-1].max(axis=1)
    per_column = max(1, -(-longest // COLUMNS))
    starts = np.arange(0, len(highest), per_column)
    loads = look()["loads"]
    image = axes.imshow(
        np.maximum.reduceat(highest, starts)[None],
        extent=(0, len(starts) * per_column, row + _BAND / 2, row - _BAND / 2),
        aspect="auto",
        cmap=ListedColormap([entry["light"] for entry in loads]),
        norm=BoundaryNorm([*(entry["from"] for entry in loads), HIGHEST_LOAD + 1], len(loads)),
        interpolation="nearest",
    )
    for name, happened, colour in (
        ("attack", recording.attacked.any(axis=1), _ATTACK),
        ("maintenance", recording.maintained.any(axis=1), _MAINTENANCE),
    ):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], happened.astype(int), [0]))))
        heights = [row + _MARKS[name]] * (len(edges) // 2)
        axes.hlines(heights, edges[::2], edges[1::2], color=colour, linewidth=2)
    acted = np.flatnonzero(recording.used.any(axis=1) | recording.switched.any(axis=1))
    axes.plot(acted, [row + _MARKS["action"]] * len(acted), "|", color=_ACTION, markersize=4)
    if len(recording) < n_steps:
        axes.plot(len(recording), row, "x", color=_ATTACK, markersize=6, clip_on=False)
    return image


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=_ATTACK, linewidth=2, label="attack"),
        Line2D([], [], color=_MAINTENANCE, linewidth=2, label="maintenance"),
        Line2D([], [], color=_ACTION, marker="|", linestyle="", label="action on lines or busbars"),
        Line2D([], [], color=_ATTACK, marker="x", linestyle="", label="blackout"),
    ]
