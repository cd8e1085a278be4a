"""What is scored: scenarios, seeds and contestants, as plain data that any process can use."""

from __future__ import annotations

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
    """

    environment: str
    folder: Path
    scenarios: Mapping[str, int]
    contestants: tuple[Contestant, ...]
    seeds: tuple[int, ...]
    max_steps: int | None = None

    def episode_seed(self, seed: int, scenario: str) -> int:
        """Seed of environment (opponent) and agent (`powrl.grid.episodes.numbered_seed`)."""
        return numbered_seed(seed, self.scenarios[scenario])


def plan_contest(
    scenarios: Scenarios,
    agents: Sequence[Path],
    seeds: Sequence[int],
    max_steps: int | None = None,
) -> Contest:
    """Check everything that is to be scored, before any work starts.

    Raises
    ------
    PowrlError
        The scenarios cannot be opened, or grid2op does not score their kind; an agent is damaged,
        for another grid, or given twice.
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
    return Contest(
        environment=folder.name,
        folder=folder,
        scenarios=numbers,
        contestants=contestants,
        seeds=tuple(seeds),
        max_steps=max_steps,
    )


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
