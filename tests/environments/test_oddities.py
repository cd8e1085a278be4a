"""What grid2op plays without a word is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from powrl.environments.oddities import (
    gaps_of,
    in_short,
    short_forecast,
    tell_oddities,
    unlimited_lines,
)
from powrl.environments.opening import Scenarios, open_environment, require_readable
from powrl.player.errors import PowrlError


@pytest.fixture
def environment() -> Any:
    environment = open_environment(Scenarios("rte_case14_realistic", names="000"))
    environment.reset()
    yield environment
    environment.close()


def test_a_line_without_a_limit_is_told(environment: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert unlimited_lines(environment) is None
    limits = environment.get_thermal_limit()
    environment.set_thermal_limit(np.where(np.arange(len(limits)) == 1, 1e8, limits))
    assert unlimited_lines(environment).startswith(
        "without a thermal limit, and so never overloaded: 1 of 20 lines; give"
    )
    tell_oddities(environment, ["a", "b", "c", "d"])
    assert "a; b; c and 1 more" in caplog.text
    assert "1 of 20 lines" in caplog.text


def test_a_gap_is_told_with_its_place(environment: Any) -> None:
    assert list(gaps_of(environment)) == []
    values = environment.chronics_handler.real_data.data.load_p
    before = values[3, 1]
    values[3, 1] = np.nan
    assert list(gaps_of(environment)) == ["load_p, step 3: nan"]
    values[3, 1] = before


def test_short_forecasts_are_told(environment: Any) -> None:
    assert short_forecast(environment) is None
    data = environment.chronics_handler.real_data.data
    before = data.load_q_forecast
    needed = len(data.load_q) - 1
    data.load_q_forecast = before[: needed - 1]
    assert short_forecast(environment) == (
        f"load_q_forecasted has {needed - 1} rows, and {needed} are needed"
    )
    data.load_q_forecast = before


def test_a_limit_of_zero_is_refused_by_the_name_of_its_line(environment: Any) -> None:
    limits = environment.get_thermal_limit()
    limits[1] = 0
    environment._thermal_limit_a[:] = limits
    with pytest.raises(PowrlError, match=rf"the line {environment.name_line[1]} is 0 A"):
        require_readable(environment)


def test_errors_are_short() -> None:
    assert in_short(KeyError()) == "KeyError"
    assert in_short(ValueError("a\n b")) == "ValueError: a b"
    assert len(in_short(ValueError("x" * 1000))) == 401
