from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from powrl.player.errors import PowrlError
from powrl.scoring.replay import DEFAULT_STEPS, MAX_STEPS, steps_to_show, write_replay
from tests.scoring.recordings import a_recording


@given(steps=st.integers(1, 2000), remaining=st.integers(0, 100), peak=st.integers(0, 1999))
def test_some_steps_of_the_episode_are_shown_by_default(
    steps: int, remaining: int, peak: int
) -> None:
    rho = np.full((steps + 1, 3), 50, dtype=np.uint8)
    rho[min(peak, steps - 1), 1] = 90
    shown = steps_to_show(a_recording(steps, rho=rho), None, None, steps + remaining)
    assert len(shown) == min(steps, DEFAULT_STEPS)
    assert set(shown) <= set(range(steps))
    assert (steps - 1 if remaining else min(peak, steps - 1)) in shown


def test_the_steps_that_are_asked_for_are_shown() -> None:
    recording = a_recording(1000)
    assert steps_to_show(recording, 5, 9, 1000) == range(5, 10)
    assert steps_to_show(recording, 990, None, 1000) == range(990, 1000)
    with pytest.raises(PowrlError, match="steps 0 to 999"):
        steps_to_show(recording, 5, 1000, 1000)
    with pytest.raises(PowrlError, match="steps 9 to 5 are not"):
        steps_to_show(recording, 9, 5, 1000)
    with pytest.raises(PowrlError, match=f"show {MAX_STEPS} at most"):
        steps_to_show(recording, 0, MAX_STEPS, 1000)


def frames(gif: Path) -> list[np.ndarray]:
    with Image.open(gif) as image:
        images = []
        for number in range(image.n_frames):
            image.seek(number)
            images.append(np.asarray(image.convert("RGB")).astype(int))
        return images


def test_a_frame_for_each_step_shows_its_loads_attacks_and_busbars(tmp_path: Path) -> None:
    rho = np.full((7, 3), 50, dtype=np.uint8)
    rho[2] = 120
    topology = np.ones((7, 6), dtype=np.int8)
    topology[4, [0, 2]] = -1
    topology[5, [0, 5]] = 2
    attacked = np.zeros((6, 3), dtype=bool)
    attacked[4, 0] = True
    recording = a_recording(6, rho=rho, topology=topology, attacked=attacked)
    gif, page = write_replay(recording, range(1, 6), "an $\\frac$ episode", tmp_path / "a.b")
    drawn = [frame[60:400, :600] for frame in frames(gif)]
    assert len(drawn) == 5
    assert page.read_text(encoding="utf-8").count("data:image/png;base64") == 5
    (calm, heavy, _, out, split) = drawn
    # dark red has less green and blue than yellow
    assert heavy[..., 1:].sum() < calm[..., 1:].sum()
    assert (calm != out).any()
    assert (calm != split).any()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.b.gif", "a.b.html"]


def test_a_line_that_is_out_hides_no_parallel_one(tmp_path: Path) -> None:
    rho = np.full((3, 3), 50, dtype=np.uint8)
    rho[:, 1] = 250
    topology = np.ones((3, 6), dtype=np.int8)
    topology[1, [0, 2]] = -1
    ends = np.array([[0, 1], [1, 0], [2, 0]])
    recording = a_recording(2, rho=rho, topology=topology, ends=ends)
    gif, _ = write_replay(recording, range(2), "an episode", tmp_path / "a")
    drawn = [frame[60:430, :600] for frame in frames(gif)]
    overloaded, grey = [], []
    for frame in drawn:
        red, green, blue = np.moveaxis(frame, -1, 0)
        overloaded.append(np.sum((red > 80) & (green < 60) & (blue < 60)))
        grey.append(np.sum((red == green) & (green == blue) & (red > 160) & (red < 220)))
    assert overloaded[0] > 100
    assert overloaded[1] == pytest.approx(overloaded[0], rel=0.05)
    assert grey[1] > grey[0] + 50


def test_the_page_works_without_internet(tmp_path: Path) -> None:
    _, file = write_replay(a_recording(2), range(2), "<mine>, scenario 1", tmp_path / "a")
    page = file.read_text(encoding="utf-8")
    assert re.findall("https?://|<link", page) == []
    assert page.count("<html") == page.count("</html>") == 1
    assert "<title>powrl replay: &lt;mine&gt;, scenario 1</title>" in page
    assert "<h1>&lt;mine&gt;, scenario 1</h1>" in page
    buttons = re.findall(r"<button[^>]*>(.*?)</button>", page, re.DOTALL)
    assert len(buttons) == 9
    assert {"First frame", "Previous frame", "Play", "Next frame", "Last frame"} <= set(buttons)
    assert all(re.fullmatch(r"[\w ]+", button) for button in buttons)
