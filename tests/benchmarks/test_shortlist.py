"""What the first actions of an order hold, on decisions made up."""

import numpy as np
import pytest

from benchmarks.shortlist import excesses, file_orders, policy_orders, with_a_remedy
from powrl.learning.lessons import Lessons
from powrl.player.errors import PowrlError
from powrl.workspace.shipped import find_agent

RANKS = np.array([[0.5, 0.4, np.inf, 0.1], [0.2, 0.3, 0.2, 0.4]], dtype=np.float32)
LESSONS = Lessons(np.zeros((2, 1), dtype=np.float32), RANKS, np.zeros(2, dtype=np.float32))


def test_the_order_of_the_file_leaves_out_what_is_not_allowed():
    assert file_orders(LESSONS)[:, :2].tolist() == [[1, 3], [1, 2]]


def test_the_best_of_the_first_actions_is_compared_with_the_best_of_all():
    orders = file_orders(LESSONS)
    assert excesses(RANKS, orders, 1) == pytest.approx([0.3, 0.0])
    assert excesses(RANKS, orders, 2) == pytest.approx([0.0, 0.0])


def test_decisions_without_a_remedy_are_not_counted():
    assert with_a_remedy(LESSONS).ranks.tolist() == RANKS[:1].tolist()


def test_an_agent_without_a_policy_is_refused():
    with pytest.raises(PowrlError, match="has no policy"):
        policy_orders(find_agent("l2rpn_wcci_2022/search"), LESSONS)
