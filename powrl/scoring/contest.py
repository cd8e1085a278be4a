"""A contest: scenarios, seeds and contestants, as plain data that any process can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from ..editions.editions import NO_EDITION, CostUnits, Edition
from ..environments.episodes import numbered_seed
from ..parallel.folders import Folder, Places, relocated_path
from ..storage.environment_digest import CHRONICS, scenario_digests, shared_parts
from .contestants.base import Contestant
from .contestants.own import Baseline
from .isolation.order import Limits


@dataclass(frozen=True)
class PlannedEpisode:
    """A scenario and a seed of `Contest.seeds`; every contestant plays it."""

    scenario: str
    seed: int


@dataclass(frozen=True)
class Contest:
    """The contestants, scenarios and seeds of a scoring.

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
        Length of an episode at most; None plays whole scenarios.
    drawn_seeds:
        Name of each scenario -> seed of its episode for each of `seeds`, as a competition drew
        them; None: `powrl.environments.episodes.numbered_seed`.
    edition:
        Competition whose score counts.
    cost_units:
        Units of the cost in that score.
    limits:
        Limits of time for agents of any origin, and for those of powrl where they are not the
        default.
    unfit:
        Name of each contestant that cannot play -> why, in a sentence.
    """

    environment: str
    folder: Path
    scenarios: Mapping[str, int]
    contestants: tuple[Contestant, ...]
    seeds: tuple[int, ...]
    max_steps: int | None = None
    drawn_seeds: Mapping[str, Sequence[int]] | None = None
    edition: Edition = NO_EDITION
    cost_units: CostUnits = CostUnits.NOW
    limits: Limits = field(default_factory=Limits)
    unfit: Mapping[str, str] = field(default_factory=dict)

    @property
    def episodes(self) -> list[PlannedEpisode]:
        """All scenarios with the first seed, then with the next."""
        return [
            PlannedEpisode(scenario, seed) for seed in self.seeds for scenario in self.scenarios
        ]

    def single(self, episode: PlannedEpisode, *contestants: Contestant) -> Contest:
        """The same contest with one episode, and these contestants."""
        number = self.scenarios[episode.scenario]
        return replace(
            self,
            scenarios={episode.scenario: number},
            seeds=(episode.seed,),
            contestants=contestants,
        )

    def folders(self) -> list[Folder]:
        """The folders and files that a machine needs to play the contest."""
        parts = [self.chronics_of(scenario) for scenario in self.scenarios]
        for grid in sorted(set(map(self.grid_of, self.scenarios))):
            parts += shared_parts(grid)
        names = tuple(part.relative_to(self.folder).as_posix() for part in parts)
        return [Folder(self.folder, names), *(f for c in self.contestants for f in c.folders())]

    def relocated(self, places: Places) -> Contest:
        """The same contest with `folders` in other places."""
        return replace(
            self,
            folder=relocated_path(self.folder, places),
            contestants=tuple(contestant.relocated(places) for contestant in self.contestants),
        )

    def plays_apart(self, contestant: Contestant) -> bool:
        """Whether each episode of a contestant has a process of its own, with limits of time.

        Those of another origin have one, and agents of powrl where the user sets a limit.
        """
        return contestant.is_foreign or (
            self.limits != Limits() and not isinstance(contestant, Baseline)
        )

    @property
    def score_keys(self) -> list[tuple[str, str, int]]:
        """Contestant, scenario and seed of each score, in the order of results."""
        episodes = sorted(self.episodes, key=lambda episode: (episode.seed, episode.scenario))
        return [
            (contestant.name, episode.scenario, episode.seed)
            for contestant in self.contestants
            for episode in episodes
        ]

    @property
    def shown_units(self) -> tuple[CostUnits, ...]:
        """Units of the scores that are shown: those that count, and both in an edition of 2020."""
        if not self.edition.of_2020:
            return (self.cost_units,)
        return (self.cost_units, *(unit for unit in CostUnits if unit is not self.cost_units))

    def chronics_of(self, scenario: str) -> Path:
        """The folder with the time series of a scenario."""
        return self.grid_of(scenario) / CHRONICS / Path(scenario).name

    def grid_of(self, scenario: str) -> Path:
        """The environment folder of a scenario: that of its mix, where there are several."""
        return self.folder / Path(scenario).parent

    def episode_seed(self, seed: int, scenario: str) -> int:
        """Seed of environment (opponent) and agent."""
        if self.drawn_seeds is not None:
            return self.drawn_seeds[scenario][seed]
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
        grids: dict[Path, list[str]] = {}
        for name in self.scenarios:
            grids.setdefault(self.grid_of(name), []).append(name)
        digests = {
            (folder, scenario): digest
            for folder, names in grids.items()
            for scenario, digest in scenario_digests(folder, [Path(n).name for n in names]).items()
        }
        return {name: digests[self.grid_of(name), Path(name).name] for name in self.scenarios}
