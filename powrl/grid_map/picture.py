"""The map as a picture of pixels."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .geometry import WIDTH, MapGeometry
from .look import load_classes, look
from .snapshot import ATTACK, CAUSES, CONNECTED, Snapshot

_FINE = 2
"""Drawn so many times larger, and made smaller in the end, which smooths edges."""
_DASH = 12.0
_NAMED_LOAD = 95
"""Lines at this load (%) or above have it written beside them."""


class MapPainter:
    """Draws states of one grid.

    Parameters
    ----------
    geometry:
        Where everything is.
    width:
        Width of the pictures (pixels).
    """

    def __init__(self, geometry: MapGeometry, width: int = 800) -> None:
        self._geometry = geometry
        self._zoom = _FINE * width / WIDTH
        self.size = (width, round(width * geometry.height / WIDTH))

    def draw(self, snapshot: Snapshot) -> Image.Image:
        """The picture of a state, mode RGB."""
        geometry = self._geometry
        background = look()["theme"]["background"]["light"]
        image = Image.new("RGB", (self.size[0] * _FINE, self.size[1] * _FINE), background)
        pen = ImageDraw.Draw(image)
        lifted = (np.asarray(snapshot.busbars) == 2)[..., None] * geometry.shift
        segments = (geometry.segments + lifted) * self._zoom
        classes = load_classes(snapshot.loads)
        for line in np.argsort(classes, kind="stable").tolist():
            if snapshot.causes[line] == CONNECTED:
                self._draw_line(pen, segments[line], int(classes[line]))
                if snapshot.forward is not None:
                    self._draw_arrow(pen, segments[line], classes[line], snapshot.forward[line])
            else:
                self._draw_out(pen, segments[line], int(snapshot.causes[line]))
        self._draw_substations(pen, snapshot)
        self._write_loads(pen, segments, snapshot)
        return image.resize(self.size, Image.Resampling.LANCZOS)

    def _draw_line(self, pen: ImageDraw.ImageDraw, segment: np.ndarray, number: int) -> None:
        entry = look()["loads"][number]
        pen.line(_flat(segment), entry["light"], self._width(entry["width"]))

    def _draw_arrow(
        self, pen: ImageDraw.ImageDraw, segment: np.ndarray, number: int, forward: bool
    ) -> None:
        """A triangle in the middle of a line, which points along the flow."""
        start, end = segment if forward else segment[::-1]
        along = (end - start) / max(np.linalg.norm(end - start), 1e-9)
        across = along[::-1] * (-1, 1)
        entry = look()["loads"][number]
        size = (5 + entry["width"]) * self._geometry.scale * self._zoom
        tip = (start + end) / 2 + along * size * 0.7
        corners = [tip, tip - along * size * 1.4 + across * size * 0.6]
        corners.append(corners[1] - across * size * 1.2)
        pen.polygon(_flat(np.array(corners)), entry["light"])

    def _draw_out(self, pen: ImageDraw.ImageDraw, segment: np.ndarray, cause: int) -> None:
        """Dashes, and the letter of the reason."""
        entry = look()["out"][CAUSES[cause]]
        start, end = segment
        length = max(float(np.linalg.norm(end - start)), 1e-9)
        dash = _DASH * self._zoom
        for at in np.arange(0, length, dash):
            piece = np.array([at, min(at + dash / 2, length)]) / length
            points = start + (end - start) * piece[:, None]
            pen.line(_flat(points), entry["light"], self._width(3 if cause == ATTACK else 2))
        self._write(pen, (start + end) / 2, entry["mark"], entry["light"])

    def _draw_substations(self, pen: ImageDraw.ImageDraw, snapshot: Snapshot) -> None:
        theme, radius = look()["theme"], 7 * self._geometry.scale * self._zoom
        for number, (place, label) in enumerate(
            zip(self._geometry.places * self._zoom, self._geometry.labels, strict=True)
        ):
            if snapshot.acted[number]:
                ring = _box(place, 2.6 * radius)
                pen.ellipse(ring, outline=theme["accent"]["light"], width=self._width(4))
            if snapshot.split[number]:
                second = place + self._geometry.shift * self._zoom
                pen.rectangle(_box(second, radius), fill=theme["second"]["light"])
            pen.ellipse(_box(place, radius), fill=theme["substation"]["light"])
            beside = place + np.array([1.6 * radius, 1.6 * radius])
            self._write(pen, beside, label, theme["quiet"]["light"], anchor="lt")

    def _write_loads(
        self, pen: ImageDraw.ImageDraw, segments: np.ndarray, snapshot: Snapshot
    ) -> None:
        heavy = (snapshot.loads >= _NAMED_LOAD) & (snapshot.causes == CONNECTED)
        for line in np.flatnonzero(heavy).tolist():
            text, colour = f"{snapshot.loads[line]} %", look()["theme"]["text"]["light"]
            self._write(pen, segments[line].mean(axis=0), text, colour)

    def _write(
        self,
        pen: ImageDraw.ImageDraw,
        place: np.ndarray,
        text: str,
        colour: str,
        anchor: str = "mm",
    ) -> None:
        font = text_font(round(self._geometry.font * self._zoom))
        halo = look()["theme"]["background"]["light"]
        at = (float(place[0]), float(place[1]))
        pen.text(at, text, colour, font, anchor, stroke_width=2 * _FINE, stroke_fill=halo)

    def _width(self, width: float) -> int:
        return max(1, round(width * self._geometry.scale * self._zoom))


@lru_cache(maxsize=8)
def text_font(size: int) -> ImageFont.FreeTypeFont:
    """The font of texts in pictures, which matplotlib brings along."""
    return ImageFont.truetype(
        str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size
    )


def _flat(points: np.ndarray) -> list[float]:
    return [float(value) for value in points.ravel()]


def _box(centre: np.ndarray, radius: float) -> list[float]:
    return _flat(np.concatenate([centre - radius, centre + radius]))
