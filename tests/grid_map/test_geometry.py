"""A map fits, and hides nothing."""

from __future__ import annotations

import numpy as np
import pytest

from powrl.grid_map.geometry import WIDTH, MapGeometry

PLACES = np.array([[0.0, 0.0], [100.0, 0.0], [50.0, 80.0]])


def test_all_places_are_inside_and_north_is_up() -> None:
    geometry = MapGeometry.from_grid(PLACES, np.array([[0, 1], [1, 2]]), ["x", "y", "z"])
    assert (geometry.places > 0).all()
    assert (geometry.places < (WIDTH, geometry.height)).all()
    assert geometry.places[2, 1] < geometry.places[0, 1]


def test_parallel_lines_lie_side_by_side() -> None:
    ends = np.array([[0, 1], [1, 0], [0, 1], [1, 2]])
    first, second, third, single = MapGeometry.from_grid(PLACES, ends, ["x", "y", "z"]).segments
    assert abs(first[0, 1] - second[1, 1]) > 4
    assert abs(second[0, 1] - third[1, 1]) > 4
    np.testing.assert_allclose(single[0], second[0], atol=1e-6)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["sub_0", "sub_1", "sub_12"], ["0", "1", "12"]),
        (["a_0", "b_1"], ["a_0", "b_1"]),
        (["north"], ["north"]),
    ],
)
def test_a_beginning_that_all_names_share_is_left_out(names: list[str], labels: list[str]) -> None:
    geometry = MapGeometry.from_grid(PLACES[: len(names)], np.zeros((0, 2), dtype=int), names)
    assert geometry.labels == labels


def test_large_grids_are_drawn_finer() -> None:
    places = np.random.default_rng(0).uniform(size=(118, 2))
    names = [f"sub_{number}" for number in range(118)]
    large = MapGeometry.from_grid(places, np.array([[0, 1]]), names)
    small = MapGeometry.from_grid(PLACES, np.array([[0, 1]]), ["x", "y", "z"])
    assert large.font < small.font
    assert large.scale < small.scale
