"""Colours of maps can be told apart by everybody, and from their background."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from powrl.grid_map.look import load_classes, look

# simulation of colour-blindness in linear RGB (Machado, Oliveira, Fernandes 2009, severity 1)
VISIONS = {
    "normal": np.eye(3),
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], LUMINANCE, [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
TOLD_APART = 10.0
"""Distance in CIELAB from which on two colours are told apart with ease."""


def linear(colour: str) -> np.ndarray:
    share = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted(float(linear(colour) @ LUMINANCE) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    share = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_has_the_contrast_that_wcag_asks_for(theme: str) -> None:
    def colours(entries: Any) -> list[str]:
        return [entry[theme] for entry in entries]

    content = look()
    background = content["theme"]["background"][theme]
    graphics = [content["loads"], content["out"].values(), content["agents"]]
    for colour in [colour for entries in graphics for colour in colours(entries)]:
        assert contrast(colour, background) >= 3
    texts = [content["theme"][name] for name in ("text", "quiet", "accent")]
    for colour in colours([*texts, *content["out"].values(), content["loads"][4]]):
        assert contrast(colour, background) >= 4.5
        assert contrast(colour, content["theme"]["panel"][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_loads_are_told_apart_by_colour(theme: str, vision: str) -> None:
    matrix = np.array(VISIONS[vision])
    seen = [lab(matrix @ linear(entry[theme])) for entry in look()["loads"]]
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(one - other) > TOLD_APART


def test_loads_are_told_apart_by_width_and_there_are_three_shades_of_overload() -> None:
    widths = [entry["width"] for entry in look()["loads"]]
    assert widths == sorted(set(widths))
    assert len(set(load_classes(np.array([100, 130, 160, 255])))) == 3
    assert load_classes(np.array([0, 49, 50, 94, 95])).tolist() == [0, 0, 1, 2, 3]
