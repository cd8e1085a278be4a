"""Environments that the checks play: opened by name or folder, or opened already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..environments.episodes import start_episode
from ..environments.opening import Scenarios, open_environment
from ..player.grid.grid2op_objects import Environment
from ..player.grid.observation import Observation, as_simulating

SMALLEST = "rte_case14_realistic"
"""An environment of 14 substations that grid2op bundles."""

STRESS = 1.03
"""Load of the most loaded line at the start of a stressed episode."""

Place: TypeAlias = "str | Path | Environment"
"""Name of a bundled environment, an environment folder, or an environment that is open."""


def scenarios_of(place: str | Path) -> Scenarios:
    """All scenarios of a bundled environment, or of a folder."""
    folder = Path(place)
    return Scenarios(folder.name, folder) if folder.is_dir() else Scenarios(str(place))


@contextmanager
def opened(place: Place) -> Iterator[Environment]:
    """An environment; one that is opened here is closed at the end."""
    if not isinstance(place, (str, Path)):
        yield place
        return
    with closing(open_environment(scenarios_of(place), cached=True)) as environment:
        yield environment


@contextmanager
def stressed(environment: Environment, seed: int) -> Iterator[None]:
    """Context in which the first scenario begins with an overload: thermal limits are lowered."""
    limits = np.array(environment.get_thermal_limit())
    highest = start_episode(environment, 0, seed).rho.max()
    environment.set_thermal_limit(limits * np.float32(highest / STRESS))
    try:
        yield
    finally:
        environment.set_thermal_limit(limits)


def require(condition: bool, sentence: str) -> None:
    """Require a condition, also where Python runs without its ``assert``.

    Raises
    ------
    AssertionError
        It does not hold; the sentence says what to mend.
    """
    if not condition:
        raise AssertionError(sentence)


class Unchanged:
    """What an observation of grid2op holds, to see later whether somebody wrote into it.

    The episode stepper's arrays refuse to be written.

    Parameters
    ----------
    observation:
        Of grid2op or of the episode stepper.
    """

    def __init__(self, observation: Observation) -> None:
        self._observation: Any = as_simulating(observation)
        self._before = self._content()

    def _content(self) -> dict[str, np.ndarray]:
        names = () if self._observation is None else self._observation.attr_list_vect
        return {name: np.array(getattr(self._observation, name)) for name in names}

    def require(self, subject: str) -> None:
        """Require that it holds the same; `subject` begins the sentence of the error."""
        changed = [
            name
            for name, values in self._content().items()
            if not np.array_equal(values, self._before[name], equal_nan=True)
        ]
        require(
            not changed,
            f"{subject} writes into its observation ({', '.join(changed)}); work on a copy: "
            "np.array(observation.rho).",
        )
