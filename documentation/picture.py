"""The moving picture of the README: one episode of two agents, side by side.

``python -m documentation.picture RUN SCENARIO FIRST_AGENT SECOND_AGENT --first N --last N`` writes
it to ``docs/images/side-by-side.gif``. RUN is a run folder of ``powrl score``; the two are
names of its agents.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import typer
from PIL import Image, ImageDraw

from powrl.grid_map.geometry import MapGeometry
from powrl.grid_map.look import look
from powrl.grid_map.picture import MapPainter, text_font
from powrl.player.files import write_bytes_whole
from powrl.scoring.recording import Recording
from powrl.scoring.replay.animation import gif, snapshots
from powrl.scoring.replay.episodes import episodes_of
from powrl.scoring.replay.functions import find_score
from powrl.scoring.run_folder import RunFolder

FILE = Path(__file__).resolve().parents[1] / "docs" / "images" / "side-by-side.gif"
WIDTH, HEADING, CURVE, EDGE = 440, 44, 58, 10
MILLISECONDS, LAST_MILLISECONDS = 200, 4000
STEP_MINUTES = 5


class Side:
    """One agent's half of the picture.

    Parameters
    ----------
    title:
        What is written above it.
    recording:
        Its episode.
    steps:
        Steps that the picture shows; the episode may end before.
    """

    def __init__(self, title: str, recording: Recording, steps: range) -> None:
        geometry = MapGeometry.from_grid(recording.places, recording.ends, recording.substations)
        self._painter = MapPainter(geometry, WIDTH)
        self._title = title
        self._recording = recording
        self._steps = steps
        shown = range(steps.start, min(steps.stop, len(recording)))
        self._snapshots = list(snapshots(recording, shown))
        self._loads = recording.rho[shown.start : shown.stop].max(axis=1)
        self.height = HEADING + self._painter.size[1] + CURVE

    def frame(self, step: int) -> Image.Image:
        """The picture of a step, mode RGB."""
        theme, number = look()["theme"], step - self._steps.start
        image = Image.new("RGB", (WIDTH, self.height), theme["background"]["light"])
        is_over = number >= len(self._snapshots)
        state = self._painter.draw(self._snapshots[min(number, len(self._snapshots) - 1)])
        if is_over:
            state = Image.blend(state, Image.new("RGB", state.size, "#202020"), 0.75)
        image.paste(state, (0, HEADING))
        pen = ImageDraw.Draw(image)
        pen.text((EDGE, 6), self._title, theme["text"]["light"], text_font(16))
        pen.text((EDGE, 27), self._status(step, is_over), theme["quiet"]["light"], text_font(12))
        if is_over:
            middle = (WIDTH / 2, HEADING + state.size[1] / 2)
            pen.text(middle, "blackout", "#ffffff", text_font(36), "mm")
        self._draw_curve(pen, number, HEADING + state.size[1])
        return image

    def _status(self, step: int, is_over: bool) -> str:
        if is_over:
            return f"ended {clock(len(self._recording) - self._steps.start)} after the start"
        attack = ", a line is attacked" if self._recording.attacked[step].any() else ""
        load = self._recording.rho[step].max()
        return f"{clock(step - self._steps.start)}, highest load {load} %{attack}"

    def _draw_curve(self, pen: ImageDraw.ImageDraw, number: int, top: int) -> None:
        """The highest load so far, and the limit."""
        theme, loads = look()["theme"], look()["loads"]
        places = EDGE + np.arange(len(self._steps)) * (WIDTH - 2 * EDGE) / (len(self._steps) - 1)
        low, high = 40.0, 120.0
        levels = top + (CURVE - 8) * (1 - (np.clip(self._loads, low, high) - low) / (high - low))
        limit = top + (CURVE - 8) * (1 - (100 - low) / (high - low))
        pen.line((EDGE, limit, WIDTH - EDGE, limit), loads[4]["light"], 1)
        pen.text((EDGE, limit + 2), "limit", theme["quiet"]["light"], text_font(11))
        end = min(number + 1, len(levels))
        points = list(zip(places[:end].tolist(), levels[:end].tolist(), strict=True))
        if end > 1:
            pen.line([value for point in points for value in point], theme["text"]["light"], 2)


def clock(steps: int) -> str:
    """A number of steps in hours and minutes."""
    hours, minutes = divmod(steps * STEP_MINUTES, 60)
    return f"{hours} h {minutes:02d}"


def frames(sides: list[Side], steps: range) -> Iterator[Image.Image]:
    """The whole pictures, one for each step."""
    for step in steps:
        height = max(side.height for side in sides)
        whole = Image.new("RGB", (WIDTH * len(sides), height), "#ffffff")
        for place, side in enumerate(sides):
            whole.paste(side.frame(step), (place * WIDTH, 0))
        yield whole


def main(
    run: Path,
    scenario: str,
    first_agent: str,
    second_agent: str,
    first: int = typer.Option(0, help="First step."),
    last: int = typer.Option(..., help="Last step."),
    seed: int = typer.Option(0, help="Number of the seed."),
    stride: int = typer.Option(1, help="Steps from one frame to the next."),
) -> None:
    """Write the picture from a run of ``powrl score``."""
    files = RunFolder(run)
    episodes = episodes_of(files, scenario, seed)
    steps = range(first, last + 1)
    titles = {first_agent: "Doing nothing", second_agent: "powrl"}
    sides = [
        Side(title, files.recording(find_score(files, episodes, agent, seed)), steps)
        for agent, title in titles.items()
    ]
    shown = list(frames(sides, steps[::stride]))
    durations = [MILLISECONDS] * (len(shown) - 1) + [LAST_MILLISECONDS]
    write_bytes_whole(FILE, gif(shown, durations))


if __name__ == "__main__":
    typer.run(main)
