"""The page of a replay: one HTML file that needs no other."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import PowrlError
from ...grid_map.geometry import WIDTH, MapGeometry
from ...grid_map.look import look
from ...storage.html_page import package_text, render_page
from ..recording import Recording
from ..results import EpisodeScore
from .episodes import ShownEpisode
from .packing import pack_episode

MAX_BYTES = 25_000_000
"""Size from which on a page holds no further episode; its index says which are left out."""

_SCRIPTS = ("data.js", "map.js", "timeline.js", "panel.js", "index.js", "player.js")


@dataclass(frozen=True)
class ReplayPage:
    """A page, and the episodes that it has no room for."""

    html: str
    without: list[ShownEpisode]


def replay_page(
    title: str,
    run: str,
    episodes: Sequence[ShownEpisode],
    read: Callable[[EpisodeScore], Recording],
    max_bytes: int = MAX_BYTES,
) -> ReplayPage:
    """Make the page of some episodes.

    Parameters
    ----------
    title:
        Its heading.
    run:
        Path of the run folder, for commands that the page names.
    episodes:
        At least one, in the order of the index.
    read:
        Reads the recording of a score.
    max_bytes:
        Size of the page from which on episodes are left out.

    Raises
    ------
    PowrlError
        The episodes are of different grids.
    """
    grid: dict[str, Any] | None = None
    blocks: list[str] = []
    rows, without, size = [], [], 0
    for episode in episodes:
        rows.append(_row(episode))
        if size > max_bytes:
            without.append(episode)
            continue
        played = [(score, read(score)) for score in episode.scores]
        grid = _same_grid(grid, played)
        blocks.append(pack_episode(played))
        size += len(blocks[-1])
        rows[-1]["block"] = len(blocks) - 1
    data = {"run": run, "grid": grid, "episodes": rows, "look": look()}
    html = render_page(
        "scoring.replay",
        "replay.html.jinja",
        {},
        title=title,
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        blocks=blocks,
        look=look(),
        style=package_text(__package__, "replay.css"),
        script="\n".join(package_text(__package__, name) for name in _SCRIPTS),
    )
    return ReplayPage(html, without)


def _row(episode: ShownEpisode) -> dict[str, Any]:
    """A row of the index."""
    agents = [
        {
            "name": score.agent,
            "steps": score.steps,
            "max": score.max_steps,
            "score": score.score if math.isfinite(score.score) else None,
        }
        for score in episode.scores
    ]
    return {"scenario": episode.scenario, "seed": episode.seed, "agents": agents, "block": None}


def _same_grid(
    grid: dict[str, Any] | None, played: Sequence[tuple[EpisodeScore, Recording]]
) -> dict[str, Any]:
    """The grid of all recordings so far."""
    for _, recording in played:
        names = recording.lines.tolist()
        if grid is None or (not grid["generators"] and recording.is_complete):
            grid = _grid(recording)
        if grid["lines"] != names:
            raise PowrlError(
                "the episodes are of different grids; name one scenario: powrl replay RUN SCENARIO."
            )
    assert grid is not None
    return grid


def _grid(recording: Recording) -> dict[str, Any]:
    """What never changes: names, and places on the map."""
    geometry = MapGeometry.from_grid(recording.places, recording.ends, recording.substations)
    return {
        "width": WIDTH,
        "height": geometry.height,
        "font": geometry.font,
        "scale": geometry.scale,
        "shift": geometry.shift.tolist(),
        "places": geometry.places.tolist(),
        "segments": geometry.segments.reshape(-1, 4).tolist(),
        "labels": geometry.labels,
        "lines": recording.lines.tolist(),
        "substations": recording.substations.tolist(),
        "ends": recording.ends.tolist(),
        "elements": recording.elements.tolist(),
        "substationOf": recording.substation_of.tolist(),
        "generators": recording.generators.tolist(),
        "storages": recording.storages.tolist(),
        "generatorsAt": np.asarray(recording.generators_at).tolist(),
        "storagesAt": np.asarray(recording.storages_at).tolist(),
    }
