"""Playing the episodes of the ablation on grid2op, on several processes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from powrl.environments.episodes import is_game_over, numbered_seed, start_episode
from powrl.environments.opening import Scenarios, open_environment, scenario_numbers
from powrl.player.errors import PowrlError

from .episodes import Episode
from .variants import Variant


@dataclass(frozen=True)
class Task:
    """One episode that is to be played.

    Attributes
    ----------
    variant:
        Who plays.
    settings:
        All that decides how the episodes of the variant go.
    folder:
        The environment folder.
    scenario, number, seed:
        Name of the scenario, its number among all of the folder by name, and number of the seed.
    max_steps:
        The episode ends after so many steps; None: with its scenario.
    revision:
        Of the powrl that plays.
    """

    variant: Variant
    settings: dict[str, Any]
    folder: Path
    scenario: str
    number: int
    seed: int
    max_steps: int | None
    revision: str

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from all others."""
        return self.variant.name, self.scenario, self.seed


def plan_tasks(
    known: Sequence[Variant],
    scenarios: Scenarios,
    seeds: int,
    max_steps: int | None,
    revision: str,
) -> list[Task]:
    """Check all variants, and list the episodes: all of a scenario and seed before the next.

    Raises
    ------
    PowrlError
        The scenarios cannot be opened, or a variant is for another grid.
    """
    environment = open_environment(scenarios)
    try:
        environment.reset()
        for variant in known:
            variant.agent(environment)
        numbers = scenario_numbers(environment)
        folder = Path(environment.get_path_env())
    finally:
        environment.close()
    of_all = {"environment": folder.name, "max_steps": max_steps}
    settings = {variant.name: {**variant.settings(), **of_all} for variant in known}
    return [
        Task(
            variant,
            settings[variant.name],
            folder,
            name,
            number,
            seed,
            max_steps,
            revision,
        )
        for seed in range(seeds)
        for name, number in numbers.items()
        for variant in known
    ]


def play(tasks: Sequence[Task], jobs: int) -> Iterator[Episode]:
    """Play the episodes on several processes, and give each as it ends."""
    parallel = Parallel(
        n_jobs=jobs,
        return_as="generator_unordered",
        initializer=warnings.simplefilter,  # grid2op warns of its own defaults in each process
        initargs=("ignore",),
    )
    with closing(parallel(delayed(play_one)(task) for task in tasks)) as coming:
        yield from coming


def play_one(task: Task) -> Episode:
    """Play one episode with grid2op."""
    environment = _environment(task.folder)
    observation = start_episode(environment, task.scenario, numbered_seed(task.seed, task.number))
    agent = task.variant.agent(environment)
    max_steps = int(environment.max_episode_duration())
    max_steps = min(max_steps, task.max_steps or max_steps)
    milliseconds: list[float] = []
    acted, done, last_attacked = 0, False, None
    while not done and len(milliseconds) < max_steps:
        start = time.perf_counter()
        action = agent.act(observation, 0.0)
        milliseconds.append(1000 * (time.perf_counter() - start))
        acted += action.can_affect_something()
        observation, _, done, info = environment.step(action)
        if info["opponent_attack_line"] is not None:
            last_attacked = str(environment.name_line[info["opponent_attack_line"].argmax()])
    return Episode(
        variant=task.variant.name,
        group=task.variant.group,
        settings=task.settings,
        revision=task.revision,
        scenario=task.scenario,
        seed=task.seed,
        steps=len(milliseconds),
        max_steps=max_steps,
        game_over=bool(done and is_game_over(observation)),
        last_attacked=last_attacked,
        ms_mean=round(float(np.mean(milliseconds)), 4),
        ms_max=round(max(milliseconds), 2),
        acted=round(acted / len(milliseconds), 5),
    )


@lru_cache(maxsize=1)
def _environment(folder: Path) -> Any:
    """Opened once in each process."""
    return open_environment(Scenarios(folder.name, folder))


def left_to_play(tasks: Sequence[Task], played: Sequence[Episode]) -> list[Task]:
    """The tasks whose episodes are not there yet.

    Raises
    ------
    PowrlError
        A variant was played with other settings under the same name.
    """
    settings = {task.variant.name: task.settings for task in tasks}
    for episode in played:
        if episode.settings != settings.get(episode.variant, episode.settings):
            raise PowrlError(
                f"the output holds episodes of {episode.variant!r} with another "
                f"{_first_difference(episode.settings, settings[episode.variant])}; "
                "choose another --output."
            )
    there = {episode.key for episode in played}
    return [task for task in tasks if task.key not in there]


def _first_difference(one: dict[str, Any], other: dict[str, Any]) -> str:
    flat = [{**each, **each["overload"], "overload": None} for each in (one, other)]
    return next(key for key in (*flat[0], *flat[1]) if flat[0].get(key) != flat[1].get(key))
