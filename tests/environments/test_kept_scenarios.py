"""Scenarios in memory: read once, and equal to those that are read each time."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grid2op.Chronics import Multifolder

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment, scenario_names

DRAWN = "l2rpn_wcci_2020"
"""Its maintenance is drawn from the seed."""

NAMES = "l2rpn_case14_sandbox", DRAWN, "l2rpn_idf_2023"
SEEDS = 3, 0, 3, 11


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each scenario was files, by name."""
    counts: Counter[str] = Counter()
    make = Multifolder._get_nex_data

    def counted(self: Multifolder, path: str) -> Any:
        counts[Path(path).name] += 1
        return make(self, path)

    monkeypatch.setattr(Multifolder, "_get_nex_data", counted)
    return counts


def _beginning(environment: Any, scenario: str, seed: int) -> list[np.ndarray]:
    """What the first steps of an episode show, and all of its maintenance."""
    seen = [start_episode(environment, scenario, seed).to_vect()]
    seen.append(np.asarray(environment.chronics_handler.real_data.data.maintenance_time))
    seen += [environment.step(environment.action_space())[0].to_vect() for _ in range(3)]
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_episodes_are_those_of_scenarios_that_are_read_each_time(name: str) -> None:
    with (
        closing(open_environment(Scenarios(name), cached=True)) as memory,
        closing(open_environment(Scenarios(name))) as files,
    ):
        first, last = scenario_names(files)[0], scenario_names(files)[-1]
        for scenario in (first, last, first):
            for seed in SEEDS:
                for one, other in zip(
                    _beginning(memory, scenario, seed),
                    _beginning(files, scenario, seed),
                    strict=True,
                ):
                    np.testing.assert_array_equal(one, other)


def test_scenarios_are_read_when_they_are_played_and_once(reads: Counter[str]) -> None:
    with closing(open_environment(Scenarios(NAMES[0]), cached=True)) as environment:
        first, second, *_ = scenario_names(environment)
        opened = sum(reads.values())
        assert opened <= 1
        for scenario in (first, second, first, second):
            start_episode(environment, scenario, 0)
    assert set(reads) == {first, second}
    assert sum(reads.values()) <= 2 + opened


def test_drawn_maintenance_follows_the_seed() -> None:
    with closing(open_environment(Scenarios(DRAWN), cached=True)) as environment:
        scenario = scenario_names(environment)[0]
        one, other, again = (_beginning(environment, scenario, seed)[1] for seed in (0, 1, 0))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one, again)
