"""How often an opponent draws each line."""

import numpy as np
import pytest

from powrl.player.rules.attack_draw import draw_shares


def test_a_load_weighs_by_its_normalization():
    shares = draw_shares(np.array([[0.9, 0.3], [0.0, 0.2]]), (0.5, 0.25))
    assert shares == pytest.approx(np.array([[0.6, 0.4], [0.0, 1.0]]))


def test_without_a_normalization_loads_are_the_weights():
    assert draw_shares(np.array([0.6, 0.2]), ()).tolist() == pytest.approx([0.75, 0.25])


def test_lines_that_are_all_out_are_never_drawn():
    assert draw_shares(np.zeros(2), (0.5, 0.25)).tolist() == [0.0, 0.0]
