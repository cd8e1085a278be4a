"""How actions are drawn from a policy."""

import numpy as np

from powrl.learning.exploration import Exploration

LOGITS = np.array([0.0, 1.0, 9.0, 0.5])
MASK = np.array([True, True, False, True])


def drawn(exploration: Exploration) -> np.ndarray:
    random = np.random.default_rng(0)
    actions = [exploration.draw(LOGITS, MASK, random) for _ in range(2000)]
    return np.bincount(actions, minlength=4) / 2000


def test_actions_are_drawn_with_the_probabilities_of_the_policy():
    weights = np.where(MASK, np.exp(LOGITS), 0)
    np.testing.assert_allclose(drawn(Exploration()), weights / weights.sum(), atol=0.03)


def test_without_masks_illegal_actions_are_drawn():
    assert drawn(Exploration(masked=False))[2] > 0.99


def test_the_best_legal_action_or_any_legal_one():
    np.testing.assert_allclose(drawn(Exploration(epsilon=0.3)), [0.1, 0.8, 0, 0.1], atol=0.03)
