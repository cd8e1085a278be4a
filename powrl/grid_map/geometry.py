"""Where a map shows substations and lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WIDTH = 1000.0
"""Width of every map, in its own units."""

_MARGIN = 45.0
_ASPECTS = (0.45, 1.1)
_MAX_FONT, _MIN_FONT = 32.0, 15.0


@dataclass(frozen=True, eq=False)
class MapGeometry:
    """Places in a map, in units of which it is `WIDTH` wide; y points down.

    Attributes
    ----------
    height:
        Height of the map.
    places:
        Centre of each substation, shape ``(n_sub, 2)``.
    segments:
        Both ends of each line on busbar 1, shape ``(n_line, 2, 2)``; parallel lines lie side by
        side.
    shift:
        An end on busbar 2 is moved by this, shape ``(2,)``.
    labels:
        Short name of each substation.
    font:
        Size of these names.
    scale:
        Factor for all widths: large grids are drawn finer.
    """

    height: float
    places: np.ndarray
    segments: np.ndarray
    shift: np.ndarray
    labels: list[str]
    font: float
    scale: float

    @classmethod
    def from_grid(
        cls, places: np.ndarray, ends: np.ndarray, names: Sequence[str] | np.ndarray
    ) -> MapGeometry:
        """Fit a grid into a map.

        Parameters
        ----------
        places:
            grid2op's layout, shape ``(n_sub, 2)``; y points up.
        ends:
            Substations at both ends of each line, shape ``(n_line, 2)``.
        names:
            Names of the substations.
        """
        places = np.asarray(places, dtype=float) * (1, -1)
        extent = np.maximum(np.ptp(places, axis=0), 1e-9)
        inner = WIDTH - 2 * _MARGIN
        height = float(np.clip(extent[1] / extent[0], *_ASPECTS)) * inner + 2 * _MARGIN
        factor = min(inner / extent[0], (height - 2 * _MARGIN) / extent[1])
        middle = (places.max(axis=0) + places.min(axis=0)) / 2
        fitted = (places - middle) * factor + (WIDTH / 2, height / 2)
        font = float(np.clip(150 / np.sqrt(len(names)), _MIN_FONT, _MAX_FONT))
        scale = font / 25
        aside = 10 * scale * _beside(fitted, ends)
        return cls(
            height=round(height, 1),
            places=fitted.round(1),
            segments=(fitted[ends] + aside[:, None]).round(1),
            shift=np.array([0.0, -15.0 * scale]).round(1),
            labels=_short(names),
            font=round(font, 1),
            scale=round(scale, 2),
        )


def _beside(places: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How far each line lies from the straight between its ends, so that parallel ones are seen."""
    pairs = np.sort(ends, axis=1)
    same = (pairs[:, None] == pairs).all(axis=2)
    rank = np.tril(same, -1).sum(axis=1) - (same.sum(axis=1) - 1) / 2
    along = places[pairs[:, 1]] - places[pairs[:, 0]]
    length = np.maximum(np.linalg.norm(along, axis=1), 1e-9)
    across: np.ndarray = along[:, ::-1] * (-1, 1) * (rank / length)[:, None]
    return across


def _short(names: Sequence[str] | np.ndarray) -> list[str]:
    """The names without the beginning that all of them share, up to a ``_``."""
    texts = [str(name) for name in names]
    beginnings = {text[: text.rfind("_") + 1] for text in texts}
    shared = beginnings.pop() if len(beginnings) == 1 else ""
    return [text[len(shared) :] for text in texts]
