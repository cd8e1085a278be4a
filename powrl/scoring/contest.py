"""What is scored: scenarios, seeds and contestants, as plain data that any process can use."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from grid2op.utils import EpisodeStatistics

from ..editions.editions import NO_EDITION, CostUnits, Edition, edition_of
from ..environments.episodes import numbered_seed
from ..environments.opening import (
    Scenarios,
    open_environment,
    require_readable,
    scenario_names,
    scenario_numbers,
    single_mixes,
)
from ..errors import PowrlError
from ..storage.digest import digest_of
from ..storage.temporary import temporary_folder
from .contestants.base import Contestant

CHRONICS = "chronics"
"""Folder of the scenarios in an environment folder."""

_WRITTEN = ("__pycache__", "_statistics*")
"""What Python and grid2op may have written into an environment folder."""


@dataclass(frozen=True)
class PlannedEpisode:
    """One scenario with one seed (of `Contest.seeds`), which every contestant plays."""

    scenario: str
    seed: int


@dataclass(frozen=True)
class Contest:
    """Who plays what.

    Attributes
    ----------
    environment:
        Name of the environment (that of its folder).
    folder:
        The environment folder that the scenarios come from; only ever read.
    scenarios:
        Name of each scenario -> its number among all of its folder, sorted by name, from 0. Where
        the environment has several mixes the name is ``<mix>/<name>``.
    contestants:
        The agents, then the baselines.
    seeds:
        Each plays every scenario once with every contestant.
    max_steps:
        Episodes end after so many steps; None plays whole scenarios.
    given_seeds:
        Name of each scenario -> seed of its episode for each of `seeds`, as a competition drew
        them; None: `powrl.environments.episodes.numbered_seed`.
    edition:
        The competition whose score it is.
    cost_units:
        Of that score.
    """

    environment: str
    folder: Path
    scenarios: Mapping[str, int]
    contestants: tuple[Contestant, ...]
    seeds: tuple[int, ...]
    max_steps: int | None = None
    given_seeds: Mapping[str, Sequence[int]] | None = None
    edition: Edition = NO_EDITION
    cost_units: CostUnits = CostUnits.NOW

    @property
    def episodes(self) -> list[PlannedEpisode]:
        """All scenarios with the first seed, then with the next."""
        return [
            PlannedEpisode(scenario, seed) for seed in self.seeds for scenario in self.scenarios
        ]

    def chronics_of(self, scenario: str) -> Path:
        """The folder with the time series of a scenario."""
        return self.grid_of(scenario) / CHRONICS / Path(scenario).name

    def grid_of(self, scenario: str) -> Path:
        """The environment folder of a scenario: that of its mix, where there are several."""
        return self.folder / Path(scenario).parent

    def episode_seed(self, seed: int, scenario: str) -> int:
        """Seed of environment (opponent) and agent."""
        if self.given_seeds is not None:
            return self.given_seeds[scenario][seed]
        return numbered_seed(seed, self.scenarios[scenario])

    @property
    def episode_seeds(self) -> dict[str, list[int]]:
        """Name of each scenario -> `episode_seed` of each of `seeds`."""
        return {
            name: [self.episode_seed(seed, name) for seed in self.seeds] for name in self.scenarios
        }

    @cached_property
    def files(self) -> dict[str, str]:
        """Name of each scenario -> digest of all files that it is played from; computed once."""
        grids = {
            folder: digest_of(*shared_parts(folder))
            for folder in set(map(self.grid_of, self.scenarios))
        }
        series = {name: digest_of(self.chronics_of(name)) for name in self.scenarios}
        return {
            name: sha256((grids[self.grid_of(name)] + series[name]).encode()).hexdigest()
            for name in self.scenarios
        }


def shared_parts(folder: Path) -> list[Path]:
    """What an environment folder holds besides its scenarios, by name."""
    return sorted(
        part
        for part in folder.iterdir()
        if part.name != CHRONICS and not any(map(part.match, _WRITTEN))
    )


def plan_contest(
    scenarios: Scenarios,
    contestants: Sequence[Contestant],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    max_steps: int | None = None,
    edition: Edition | None = None,
    cost_units: CostUnits = CostUnits.NOW,
) -> Contest:
    """Check everything that is to be scored, before any work starts.

    Parameters
    ----------
    seeds:
        Numbers of the seeds, or the seeds of each scenario's episodes (`read_seeds`).
    edition:
        None: `powrl.editions.editions.edition_of` the environment.

    Raises
    ------
    PowrlError
        The scenarios cannot be opened, or grid2op does not score their kind; an agent is damaged,
        fails to be made, or is for another grid; or a scenario has no seed.
    """
    edition = edition or edition_of(scenarios.environment)
    edition.require_played_on(scenarios.environment)
    edition.score_class(cost_units)
    mixes = single_mixes(scenarios)
    found = [_checked(mix, contestants, edition) for mix in mixes]
    if mixes == [scenarios]:
        ((folder, numbers),) = found
    else:
        folder = found[0][0].parent
        numbers = {f"{mix.name}/{name}": number for mix, of in found for name, number in of.items()}
    given = None
    if isinstance(seeds, Mapping):
        given = seeds
        for name in numbers:
            if name not in given:
                raise PowrlError(f"the scenario {name} has no seed; add it, or leave it out.")
        seeds = range(len(given[next(iter(numbers))]))
    return Contest(
        environment=folder.name,
        folder=folder,
        scenarios=numbers,
        contestants=tuple(contestants),
        seeds=tuple(seeds),
        max_steps=max_steps,
        given_seeds=given,
        edition=edition,
        cost_units=cost_units,
    )


def read_seeds(path: Path) -> dict[str, list[int]]:
    """The seeds of a JSON file: name of each scenario -> a seed, or a list of seeds for each.

    Raises
    ------
    PowrlError
        The file cannot be read or holds something else, or some scenario has more than another.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PowrlError(f"cannot read the seeds {path} ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise PowrlError(f"the seeds {path} are no JSON ({error}).") from error
    refused = PowrlError(
        f"the seeds {path} need a mapping of scenarios to whole numbers from 0 to {2**31 - 1}, or "
        "to lists of them that are equally long."
    )
    if not isinstance(body, dict) or not body:
        raise refused
    seeds = {name: each if isinstance(each, list) else [each] for name, each in body.items()}
    for each in seeds.values():
        if len(each) != len(next(iter(seeds.values()))) or not each:
            raise refused
        if any(type(seed) is not int or not 0 <= seed < 2**31 for seed in each):
            raise refused
    return seeds


def _checked(
    scenarios: Scenarios, contestants: Sequence[Contestant], edition: Edition
) -> tuple[Path, dict[str, int]]:
    """The environment folder and its scenarios, if all contestants can be scored on them."""
    environment = open_environment(scenarios)
    with closing(environment), temporary_folder("powrl-score-") as temporary:
        folder = Path(environment.get_path_env())
        edition.require_scorable(environment, scenarios.environment)
        _require_names(environment)
        for number, contestant in enumerate(contestants):
            with contestant.open(scenarios, temporary / str(number)) as ready:
                ready.make(environment)
                if ready.rewards:
                    _require_playable(contestant, scenarios, ready.rewards)
        require_readable(environment)
        return folder, scenario_numbers(environment)


def _require_playable(
    contestant: Contestant, scenarios: Scenarios, rewards: Mapping[str, Any]
) -> None:
    """Refuse rewards of a submission that an environment cannot be made or played with."""
    try:
        with contestant.guard(), closing(open_environment(scenarios, **rewards)) as environment:
            environment.reset()
            environment.step(environment.action_space())
    except PowrlError as error:
        raise PowrlError(
            f"the rewards of {contestant.name} cannot be played with: {error}"
        ) from error


def _require_names(environment: Any) -> None:
    """grid2op's score classes fail on these only after their work is done."""
    for name in scenario_names(environment):
        if not re.match(EpisodeStatistics.REGEX_SPLIT_COMPILED, name):
            raise PowrlError(
                f"grid2op cannot score the scenario {name!r}: rename it with letters, digits and "
                "@ % _ . - only, or leave it out with --scenarios."
            )
