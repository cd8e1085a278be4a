"""Environments that many tests share: opened once per process, reset by each test."""

import os

# tests run in several processes: more threads than cores only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.grid.layout import GridLayout
from powrl.workspace.cache import CACHE_VARIABLE

# how long an example takes depends on what else the machine does
settings.register_profile("powrl", deadline=None)
settings.load_profile("powrl")

CASE14 = "rte_case14_realistic"
NEURIPS = "l2rpn_neurips_2020_track1"


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept between runs goes to a temporary folder, not to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def case14_session() -> Iterator[Any]:
    environment = open_environment(Scenarios(CASE14))
    yield environment
    environment.close()


@pytest.fixture(scope="session")
def case14_limits(case14_session: Any) -> np.ndarray:
    return case14_session.get_thermal_limit()


@pytest.fixture
def case14(case14_session: Any, case14_limits: np.ndarray) -> Any:
    """The 14-substation grid at the start of its first scenario."""
    case14_session.reset()
    case14_session.set_thermal_limit(case14_limits)
    start_episode(case14_session, 0, 0)
    return case14_session


@pytest.fixture(scope="session")
def neurips_session() -> Iterator[Any]:
    environment = open_environment(Scenarios(NEURIPS))
    yield environment
    environment.close()


@pytest.fixture(scope="session")
def neurips_limits(neurips_session: Any) -> np.ndarray:
    return neurips_session.get_thermal_limit()


@pytest.fixture
def neurips(neurips_session: Any, neurips_limits: np.ndarray) -> Any:
    """The 36-substation grid at the start of its first scenario, opponent on."""
    neurips_session.reset()
    neurips_session.set_thermal_limit(neurips_limits)
    start_episode(neurips_session, 0, 0)
    return neurips_session


@pytest.fixture
def case14_layout(case14: Any) -> GridLayout:
    return GridLayout.from_grid2op(case14)
