"""What is scored: scenarios, seeds and contestants, as plain data that any process can use."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grid2op.Agent import DoNothingAgent, RecoPowerlineAgent
from grid2op.utils import EpisodeStatistics

from ..agent import load_agent
from ..errors import PowrlError
from ..grid.environments import (
    Scenarios,
    open_environment,
    require_readable,
    scenario_names,
    scenario_numbers,
)
from ..grid.episodes import numbered_seed

BASELINES = {"DoNothing": DoNothingAgent, "RecoPowerline": RecoPowerlineAgent}
"""grid2op's own agents that every contest is played with, too."""


@dataclass(frozen=True)
class Contestant:
    """An agent that takes part: a folder, or one of `BASELINES` by its name.

    Attributes
    ----------
    name:
        How tables and files call it; unique in a contest.
    folder:
        Its agent folder; None for a baseline.
    """

    name: str
    folder: Path | None = None

    @property
    def has_decisions(self) -> bool:
        """Whether it tells its decisions to an ``on_decision`` hook: agent folders do."""
        return self.folder is not None

    def make(self, environment: Any) -> Any:
        """The grid2op agent for an environment.

        Raises
        ------
        PowrlError
            The folder is damaged, or its agent is for another grid.
        """
        if self.folder is None:
            return BASELINES[self.name](environment.action_space)
        return load_agent(self.folder, environment)


@dataclass(frozen=True)
class Episode:
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
        Name of each scenario -> its number among all of the folder, sorted by name, from 0.
    contestants:
        The agents, then the baselines.
    seeds:
        Each plays every scenario once with every contestant.
    max_steps:
        Episodes end after so many steps; None plays whole scenarios.
    given_seeds:
        Name of each scenario -> seed of its episode for each of `seeds`, as a competition drew
        them; None: `powrl.grid.episodes.numbered_seed`.
    """

    environment: str
    folder: Path
    scenarios: Mapping[str, int]
    contestants: tuple[Contestant, ...]
    seeds: tuple[int, ...]
    max_steps: int | None = None
    given_seeds: Mapping[str, Sequence[int]] | None = None

    @property
    def episodes(self) -> list[Episode]:
        """All scenarios with the first seed, then with the next."""
        return [Episode(scenario, seed) for seed in self.seeds for scenario in self.scenarios]

    def episode_seed(self, seed: int, scenario: str) -> int:
        """Seed of environment (opponent) and agent."""
        if self.given_seeds is not None:
            return self.given_seeds[scenario][seed]
        return numbered_seed(seed, self.scenarios[scenario])


def plan_contest(
    scenarios: Scenarios,
    agents: Sequence[Path],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    max_steps: int | None = None,
) -> Contest:
    """Check everything that is to be scored, before any work starts.

    Parameters
    ----------
    seeds:
        Numbers of the seeds, or the seeds of each scenario's episodes (`read_seeds`).

    Raises
    ------
    PowrlError
        The scenarios cannot be opened, or grid2op does not score their kind; an agent is damaged,
        for another grid, or given twice; or a scenario has no seed.
    """
    contestants = _contestants(agents)
    environment = open_environment(scenarios)
    try:
        _require_scorable(environment)
        for contestant in contestants:
            contestant.make(environment)
        require_readable(environment)
        numbers = scenario_numbers(environment)
        folder = Path(environment.get_path_env())
    finally:
        environment.close()
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
        contestants=contestants,
        seeds=tuple(seeds),
        max_steps=max_steps,
        given_seeds=given,
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


def _contestants(agents: Sequence[Path]) -> tuple[Contestant, ...]:
    folders = [agent.resolve() for agent in agents]
    for folder, count in Counter(folders).items():
        if count > 1:
            raise PowrlError(f"the agent {folder} is given {count} times; give it once.")
    named = zip(_short_names(folders), folders, strict=True)
    return (*(Contestant(name, folder) for name, folder in named), *map(Contestant, BASELINES))


def _short_names(folders: Sequence[Path]) -> list[str]:
    """For each folder the last parts of its path, as many as tell it from all other contestants."""
    names = []
    for folder in folders:
        parts = folder.parts[1:]
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[-depth:])
            same = [other for other in folders if other.parts[-depth:] == parts[-depth:]]
            if name not in BASELINES and len(same) == 1:
                break
        names.append(name)
    return names


def _require_scorable(environment: Any) -> None:
    """grid2op's score class fails on these only after its work is done."""
    for name in scenario_names(environment):
        if not re.match(EpisodeStatistics.REGEX_SPLIT_COMPILED, name):
            raise PowrlError(
                f"grid2op cannot score the scenario {name!r}: rename it with letters, digits and "
                "@ % _ . - only, or leave it out with --scenarios."
            )
