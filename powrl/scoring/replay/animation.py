"""An episode as a GIF, from the map of the page."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from ...errors import PowrlError
from ...grid_map.geometry import MapGeometry
from ...grid_map.look import look
from ...grid_map.picture import MapPainter, text_font
from ...grid_map.snapshot import Snapshot, split_substations
from ..recording import Recording
from .packing import causes_of

DEFAULT_STEPS = 150
"""Steps of a GIF by default: the last before a game over, or those around the highest load."""
MAX_STEPS = 600
MILLISECONDS = 250
"""For each frame."""

_WIDTH, _HEADING, _CURVE, _EDGE = 800, 92, 96, 16
_LETTERS, _TEXT = 105, 13


def steps_to_show(
    recording: Recording, first: int | None, last: int | None, max_steps: int
) -> range:
    """The steps of a GIF.

    Parameters
    ----------
    first, last:
        First and last step; None: `DEFAULT_STEPS` steps, the last ones before a game over or those
        around the highest load.
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
            f"{last - first + 1} steps are too many for a GIF; show {MAX_STEPS} at most, with "
            "--first and --last."
        )
    return range(first, last + 1)


def animation(recording: Recording, steps: range, title: str) -> bytes:
    """A GIF with a frame for each step."""
    return gif(_frames(recording, steps, title), MILLISECONDS)


def gif(frames: Iterable[Image.Image], milliseconds: int | list[int]) -> bytes:
    """A GIF of pictures of the map, in the colours of the map.

    Parameters
    ----------
    frames:
        Pictures of one size, mode RGB.
    milliseconds:
        How long each of them is shown.
    """
    palette = _palette()
    first, *others = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    file = io.BytesIO()
    first.save(
        file,
        "GIF",
        save_all=True,
        append_images=others,
        duration=milliseconds,
        loop=0,
        optimize=True,
    )
    return file.getvalue()


def _palette() -> Image.Image:
    """All colours of the map, pure and in shades towards the background, as edges have them."""
    content = look()
    entries = [*content["loads"], *content["out"].values(), *content["theme"].values()]
    colours = list(dict.fromkeys(ImageColor.getrgb(entry["light"])[:3] for entry in entries))
    background = np.array(ImageColor.getrgb(content["theme"]["background"]["light"])[:3])
    shares = np.linspace(1, 0, 256 // len(colours), endpoint=False)
    shades = background + shares[:, None, None] * (np.array(colours) - background)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.rint(shades).astype(np.uint8).tobytes())
    return palette


def snapshots(recording: Recording, steps: range) -> Iterator[Snapshot]:
    """The state of the grid before each step, and what the step's action touches."""
    causes = causes_of(recording)
    for step in steps:
        topology = recording.topology[step]
        yield Snapshot(
            loads=recording.rho[step],
            busbars=topology[recording.elements],
            causes=causes[step],
            split=split_substations(topology, recording.substation_of, len(recording.substations)),
            acted=recording.used[step],
            forward=recording.flows[step] >= 0 if recording.is_complete else None,
        )


def _frames(recording: Recording, steps: range, title: str) -> Iterator[Image.Image]:
    geometry = MapGeometry.from_grid(recording.places, recording.ends, recording.substations)
    painter = MapPainter(geometry, _WIDTH)
    height = _HEADING + painter.size[1] + _CURVE
    background = look()["theme"]["background"]["light"]
    for step, snapshot in zip(steps, snapshots(recording, steps), strict=True):
        frame = Image.new("RGB", (_WIDTH, height), background)
        frame.paste(painter.draw(snapshot), (0, _HEADING))
        pen = ImageDraw.Draw(frame)
        _write_heading(pen, recording, step, title)
        _draw_curve(pen, recording, steps, step, top=_HEADING + painter.size[1])
        yield frame


def _write_heading(pen: ImageDraw.ImageDraw, recording: Recording, step: int, title: str) -> None:
    """Title, step and highest load, and the reason of the decision in three lines."""
    theme = look()["theme"]
    load = f"highest load {recording.rho[step].max()} %"
    pen.text(
        (_EDGE, 8), f"{title}, step {step}, {load}", theme["text"]["light"], text_font(_TEXT + 1)
    )
    lines = textwrap.wrap(_described(recording, step), _LETTERS, max_lines=3, placeholder=" ...")
    pen.text((_EDGE, 30), "\n".join(lines), theme["quiet"]["light"], text_font(_TEXT), spacing=5)


def _described(recording: Recording, step: int) -> str:
    """The reason of a decision, and the powers that it moves."""
    amounts = {
        "moved": recording.redispatched[step],
        "stored or taken out": recording.stored[step],
        "curtailed": recording.curtailed[step],
    }
    words = [f"{amount:.0f} MW {word}" for word, amount in amounts.items() if amount >= 0.5]
    aside = f" ({', '.join(words)})" if words else ""
    return f"{str(recording.reasons[step]) or 'no reason given'}{aside}"


def _draw_curve(
    pen: ImageDraw.ImageDraw, recording: Recording, steps: range, step: int, top: int
) -> None:
    """The highest load over the steps, the attacks, and where the frame is."""
    theme, loads = look()["theme"], look()["loads"]
    highest = recording.rho[steps.start : steps.stop].max(axis=1)
    scale = max(120, int(highest.max()))
    width = _WIDTH - 2 * _EDGE - 30
    places = _EDGE + 30 + np.arange(len(steps)) * width / max(len(steps) - 1, 1)

    def level(load: float) -> float:
        return top + 10 + (_CURVE - 34) * (1 - load / scale)

    for place, attacked in zip(places, recording.attacked[steps.start : steps.stop], strict=True):
        if attacked.any():
            pen.line(
                (place, top + _CURVE - 18, place, top + _CURVE - 13), theme["text"]["light"], 4
            )
    pen.line((places[0], level(100), places[-1], level(100)), loads[4]["light"], 1)
    pen.text((_EDGE, level(100) - 8), "100", theme["quiet"]["light"], text_font(_TEXT - 1))
    points = list(zip(places.tolist(), map(level, highest.tolist()), strict=True))
    if len(points) > 1:
        pen.line([value for point in points for value in point], theme["text"]["light"], 2)
    now = float(places[step - steps.start])
    pen.line((now, top + 4, now, top + _CURVE - 10), theme["accent"]["light"], 2)
