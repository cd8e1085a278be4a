"""An episode as moving pictures: the grid, its loads, attacks, actions and their reasons."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..errors import PowrlError
from ..player.files import write_text_whole, write_whole
from ..storage.html_page import render_page
from .recording import Recording

DEFAULT_STEPS = 150
"""Steps of a replay by default: the last before a game over, or those around the highest load."""
MAX_STEPS = 600
FRAMES_PER_SECOND = 4
WIDTH = 105
"""Letters in a line of a reason."""

_CALM, _HEAVY = 10, 120
_OUT, _ATTACKED, _MAINTAINED = "#BBBBBB", "#000000", "#56B4E9"
_BUSBARS = ("#333333", "#0072B2")
_MEGABYTES = 500  # that a page may have, for matplotlib


def steps_to_show(
    recording: Recording, first: int | None, last: int | None, max_steps: int
) -> range:
    """The steps of a replay.

    Parameters
    ----------
    first, last:
        First and last step of the replay; None: `DEFAULT_STEPS` steps, the last ones before a
        game over or those around the highest load.
    max_steps:
        Steps of the whole episode.

    Raises
    ------
    PowrlError
        They are not in the episode, or too many.
    """
    end = len(recording)
    if first is None and last is None:
        if end < max_steps:
            first = max(0, end - DEFAULT_STEPS)
        else:
            highest = int(recording.rho[:-1].max(axis=1).argmax())
            first = max(0, min(highest - DEFAULT_STEPS // 2, end - DEFAULT_STEPS))
        last = min(end, first + DEFAULT_STEPS) - 1
    first = 0 if first is None else first
    last = end - 1 if last is None else last
    if not 0 <= first <= last < end:
        raise PowrlError(
            f"the steps {first} to {last} are not in this episode, which has steps 0 to {end - 1}."
        )
    if last - first >= MAX_STEPS:
        raise PowrlError(
            f"{last - first + 1} steps are too many for a replay; show {MAX_STEPS} at most, with "
            "--first and --last."
        )
    return range(first, last + 1)


def write_replay(recording: Recording, steps: range, title: str, target: Path) -> tuple[Path, Path]:
    """Write a GIF and a page to step through (HTML that needs no other file).

    Parameters
    ----------
    target:
        Their path without suffix; dots of the name belong to it.

    Returns
    -------
    tuple
        The GIF and the page.
    """
    gif, page = (target.with_name(f"{target.name}{suffix}") for suffix in (".gif", ".html"))
    animation = _animation(recording, steps, title)
    partial = target.with_name(f"{target.name}.partial.gif")
    try:
        animation.save(partial, writer=PillowWriter(fps=FRAMES_PER_SECOND))
        content = partial.read_bytes()
    finally:
        partial.unlink(missing_ok=True)
    write_whole(gif, lambda file: file.write(content))
    with mpl.rc_context({"animation.embed_limit": _MEGABYTES}):
        player = animation.to_jshtml(fps=FRAMES_PER_SECOND, default_mode="once")
    whole = render_page("scoring", "replay.html.jinja", {}, title=title, player=_offline(player))
    write_text_whole(page, whole)
    return gif, page


def _offline(player: str) -> str:
    """The player of matplotlib with words for its icons, which are a font of the internet."""
    without_font = re.sub(r"<link\b[^>]*>", "", player)
    return re.sub(r'(<button title="([^"]+)"[^>]*>)\s*<i\b[^>]*></i>', r"\1\2", without_font)


def _animation(recording: Recording, steps: range, title: str) -> FuncAnimation:
    figure = Figure(figsize=(9, 7), dpi=80)
    # at fixed places: what is said of a step must not move the map
    show_grid = _grid(
        figure.add_axes((0.02, 0.24, 0.85, 0.62)),
        figure.add_axes((0.9, 0.34, 0.02, 0.42)),
        recording,
    )
    show_course = _course(figure.add_axes((0.09, 0.105, 0.88, 0.11)), recording, steps)
    heading = figure.text(0.02, 0.985, "", va="top", fontsize=10, parse_math=False)

    def show(step: int) -> list[Any]:
        reason = _describe_decision(recording, step)
        lines = textwrap.wrap(reason, WIDTH, max_lines=3, placeholder=" ...")
        heading.set_text("\n".join([f"{title}, step {step}", *lines]))
        return [*show_grid(step), *show_course(step), heading]

    return FuncAnimation(figure, show, frames=list(steps), init_func=lambda: [])


def _describe_decision(recording: Recording, step: int) -> str:
    """The reason of a decision, in a line or two."""
    said = str(recording.reasons[step])
    amounts = {
        "moved": recording.redispatched[step],
        "stored or taken out": recording.stored[step],
        "curtailed": recording.curtailed[step],
    }
    words = [f"{amount:.0f} MW {word}" for word, amount in amounts.items() if amount >= 0.5]
    aside = f" ({', '.join(words)})" if words else ""
    return f"{said or 'no reason given'}{aside}"


def _grid(axes: Axes, beside: Axes, recording: Recording) -> Callable[[int], list[Any]]:
    """The map; what is returned shows a step on it."""
    places = recording.places.astype(float)
    aside = 0.012 * np.ptp(places, axis=0).max()
    lines = LineCollection([], linewidths=2.5, cmap="YlOrRd", zorder=1)
    lines.set_clim(_CALM, _HEAVY)
    out = LineCollection([], linewidths=1.5, linestyles=":", zorder=1)
    axes.add_collection(lines)
    axes.add_collection(out)
    dots = [
        axes.scatter([], [], s=22, color=colour, zorder=2, label=f"busbar {number}")
        for number, colour in enumerate(_BUSBARS, start=1)
    ]
    used = axes.scatter([], [], s=160, facecolors="none", edgecolors=_BUSBARS[1], linewidths=2)
    margin = 4 * aside
    axes.set_xlim(places[:, 0].min() - margin, places[:, 0].max() + margin)
    axes.set_ylim(places[:, 1].min() - margin, places[:, 1].max() + margin)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.legend(handles=dots, loc="lower right", frameon=False, fontsize=8, bbox_to_anchor=(1.1, 0))
    axes.figure.colorbar(lines, cax=beside, label="load, % of the limit")
    offset = np.array([0.0, aside])
    at_rest = places[recording.ends] + 0.7 * aside * _beside(places, recording.ends)[:, None]

    def show(step: int) -> list[Any]:
        topology = recording.topology[step]
        busbars = topology[recording.elements]  # shape (n_line, 2)
        shift = np.where(busbars[..., None] == 2, offset, np.zeros(2))
        segments = at_rest + shift
        connected = (busbars > 0).all(axis=1)
        lines.set_segments(list(segments[connected]))
        lines.set_array(recording.rho[step][connected])
        out.set_segments(list(segments[~connected]))
        out.set_color(
            [_reason_out(recording, step, line) for line in np.flatnonzero(~connected).tolist()]
        )
        for number, dot in enumerate(dots, start=1):
            members = np.unique(recording.substation_of[topology == number])
            dot.set_offsets(places[members] + (offset if number == 2 else 0.0))
        used.set_offsets(places[recording.used[step]])
        return [lines, out, *dots, used]

    return show


def _beside(places: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How far each line lies from the straight between its ends, so that parallel ones are seen."""
    pairs = np.sort(ends, axis=1)
    same = (pairs[:, None] == pairs).all(axis=2)
    rank = np.tril(same, -1).sum(axis=1) - (same.sum(axis=1) - 1) / 2
    along = places[pairs[:, 1]] - places[pairs[:, 0]]
    length = np.maximum(np.linalg.norm(along, axis=1), 1e-9)
    across: np.ndarray = along[:, ::-1] * (-1, 1) * (rank / length)[:, None]
    return across


def _reason_out(recording: Recording, step: int, line: int) -> str:
    if recording.attacked[step, line] or (step and recording.attacked[step - 1, line]):
        return _ATTACKED
    return _MAINTAINED if recording.maintained[step, line] else _OUT


def _course(axes: Axes, recording: Recording, steps: range) -> Callable[[int], list[Any]]:
    """The highest load over the steps; what is returned marks a step in it."""
    shown = np.arange(steps.start, steps.stop)
    axes.plot(shown, recording.rho[shown].max(axis=1), color=_BUSBARS[0], linewidth=1.2)
    axes.axhline(100, color="#D55E00", linewidth=0.8)
    attacked = recording.attacked[shown].any(axis=1)
    axes.fill_between(
        shown, 0, 1, where=attacked, color="#DDDDDD", transform=axes.get_xaxis_transform()
    )
    axes.set_xlim(steps.start, max(steps.stop - 1, steps.start + 1))
    axes.set_xlabel(
        "step (grey: attack)\nDotted lines of the map are out: "
        "black attacked, blue in maintenance, grey otherwise, as by protections"
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("highest\nload (%)")
    axes.spines[["top", "right"]].set_visible(False)
    cursor = axes.axvline(steps.start, color=_BUSBARS[1])

    def show(step: int) -> list[Any]:
        cursor.set_xdata([step, step])
        return [cursor]

    return show
