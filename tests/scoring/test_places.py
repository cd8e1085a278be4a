"""Substations have places, also where the environment gives none."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from powrl.scoring import places
from powrl.scoring.places import places_of


@pytest.fixture
def grid() -> SimpleNamespace:
    return SimpleNamespace(
        name_sub=np.array(["a", "b", "c"]),
        line_or_to_subid=np.array([0, 1]),
        line_ex_to_subid=np.array([1, 2]),
        grid_layout={"a": (0, 0), "b": (1, 0), "c": (2, 5)},
    )


def test_the_places_of_the_folder_are_taken(grid: SimpleNamespace) -> None:
    np.testing.assert_array_equal(places_of(grid), [[0, 0], [1, 0], [2, 5]])


@pytest.mark.parametrize("large", [0, 300])
@pytest.mark.parametrize("layout", [None, {}, {"a": (0, 0)}])
def test_without_them_places_are_computed(
    grid: SimpleNamespace, layout: object, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_LARGE", large)
    grid.grid_layout = layout
    computed = places_of(grid)
    assert computed.shape == (3, 2)
    assert np.isfinite(computed).all()
    assert len(np.unique(computed, axis=0)) == 3
    np.testing.assert_array_equal(computed, places_of(grid))
