"""Colours, widths and marks of maps, shared by pictures and pages (``look.json``)."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np


@lru_cache(maxsize=1)
def look() -> dict[str, Any]:
    """The content of ``look.json``.

    - ``loads``: classes of line loads, from a load on (%), with colours and width;
    - ``out``: lines that are out, by the reason, with colours and the letter beside them;
    - ``theme``: all other colours;
    - ``agents``: colours and dashes of the agents' curves.

    Colours are for a light and a dark page. Each has a contrast of 3 to its background at least.
    """
    text = files(__package__).joinpath("look.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def load_classes(loads: np.ndarray) -> np.ndarray:
    """Number of the class of each load (%), the same shape."""
    edges = [entry["from"] for entry in look()["loads"]]
    return np.searchsorted(edges, loads, side="right") - 1
