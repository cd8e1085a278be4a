"""The GIF shows each step's loads, open lines and busbars."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor

from powrl.grid_map.look import look
from powrl.player.errors import PowrlError
from powrl.scoring.replay.animation import DEFAULT_STEPS, MAX_STEPS, animation, steps_to_show
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


def frames(gif: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(gif)) as image:
        images = []
        for number in range(image.n_frames):
            image.seek(number)
            images.append(np.asarray(image.convert("RGB")).astype(int))
        return images


def test_a_frame_for_each_step_shows_its_loads_attacks_and_busbars() -> None:
    rho = np.full((7, 3), 50, dtype=np.uint8)
    rho[2] = 120
    topology = np.ones((7, 6), dtype=np.int8)
    topology[4, [0, 2]] = -1
    topology[5, [0, 5]] = 2
    attacked = np.zeros((6, 3), dtype=bool)
    attacked[4, 0] = True
    recording = a_recording(6, rho=rho, topology=topology, attacked=attacked)
    drawn = [
        frame[92:-96] for frame in frames(animation(recording, range(1, 6), "an $\\frac$ episode"))
    ]
    assert len(drawn) == 5
    (calm, heavy, _, out, split) = drawn
    assert heavy.sum() < calm.sum()  # wider and darker
    assert (calm != out).any()
    assert (calm != split).any()


def test_every_load_has_its_colour_in_every_frame() -> None:
    rho = np.full((8, 3), 10, dtype=np.uint8)
    starts = [entry["from"] for entry in look()["loads"]]
    rho[: len(starts), 1] = starts
    drawn = frames(animation(a_recording(7, rho=rho), range(7), "an episode"))
    for frame, entry in zip(drawn, look()["loads"], strict=True):
        colour = np.array(ImageColor.getrgb(entry["light"]))
        assert (np.abs(frame - colour).max(axis=-1) < 3).sum() > 100


def test_a_line_that_is_out_hides_no_parallel_one() -> None:
    rho = np.full((3, 3), 50, dtype=np.uint8)
    rho[:, 1] = 250
    topology = np.ones((3, 6), dtype=np.int8)
    topology[1, [0, 2]] = -1
    ends = np.array([[0, 1], [1, 0], [2, 0]])
    recording = a_recording(2, rho=rho, topology=topology, ends=ends)
    drawn = [frame[92:-96] for frame in frames(animation(recording, range(2), "an episode"))]
    overloaded = [np.sum(frame.max(axis=-1) < 60) for frame in drawn]
    assert overloaded[0] > 100
    assert overloaded[1] == pytest.approx(overloaded[0], rel=0.1)
