"""What grid2op's score classes would fail on in the end is refused in the beginning."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from powrl.player.errors import PowrlError
from powrl.scoring.planning import _require_costs


def test_an_environment_without_costs_has_no_score() -> None:
    environment = SimpleNamespace(
        redispatching_unit_commitment_availble=False, get_path_env=lambda: "my_grid"
    )
    with pytest.raises(PowrlError, match=r"my_grid has no costs .* add them in prods_charac\.csv"):
        _require_costs(environment)
