"""The weights of lines in an opponent's draw."""

import numpy as np
import pytest

from powrl.player.rules.attack_draw import draw_weights


def test_a_load_weighs_by_its_normalization():
    weights = draw_weights(np.array([[0.9, 0.3], [0.0, 0.2]]), (0.5, 0.25))
    assert weights == pytest.approx(np.array([[1.8, 1.2], [0.02, 0.8]]))


def test_without_a_normalization_loads_are_the_weights():
    assert draw_weights(np.array([0.5, 0.0]), ()).tolist() == [0.5, 0.01]
