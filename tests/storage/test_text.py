from __future__ import annotations

from powrl.errors import count
from powrl.storage.text import with_interval, with_spread


def test_a_noun_follows_its_number() -> None:
    assert count(1, "seed") == "1 seed"
    assert count(0, "seed") == "0 seeds"


def test_a_spread_and_an_interval_are_shown_where_they_exist() -> None:
    assert with_spread(48.31, 2.12) == "48.3 ± 2.1"
    assert with_spread(48.31, None) == "48.3"
    assert with_interval(2, (-1, 3)) == "+2.0 (-1.0 to +3.0)"
    assert with_interval(-2, None) == "-2.0"
