"""Courses: environments made hard, played on both engines for many steps, and compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from powrl.engines.fast.engine import FastEngine
from powrl.engines.grid2op_engine import Grid2opEngine
from powrl.environments.opening import BUNDLED, Scenarios, open_environment
from powrl.player.actions.grid_action import GridAction
from powrl.player.grid.grid2op_objects import Environment
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.grid2op_internals import opponent_options
from powrl.player.lookahead.outcome import Simulator
from powrl.reduction.enumeration import unitary_topologies
from powrl.testing.comparison import Tally, compare_episode
from powrl.testing.random_play import RandomPlayer, RandomRemedies


@dataclass(frozen=True)
class Course:
    """An environment, how hard it is made, and how it is played.

    Attributes
    ----------
    environment:
        Name of the environment folder.
    limits:
        Factor of the thermal limits; below 1, protections open lines.
    steps:
        Steps to play, over all episodes.
    share, greedy:
        As in `RandomPlayer`.
    moves, remedies:
        As in `RandomRemedies`.
    scenarios:
        Regular expression of the scenarios to play.
    bundled:
        Whether grid2op brings the environment along.
    attack_every:
        Hours between two attacks on average, or 0: as the environment says.
    """

    environment: str
    limits: float
    steps: int
    share: float
    greedy: bool
    scenarios: str = ".*"
    bundled: bool = False
    moves: float = 0.0
    remedies: float = 0.0
    attack_every: int = 0


def run_course(course: Course, data: Path, seed: int = 0) -> Tally:
    """Play a course, episode after episode; `data` holds the folders that are not bundled."""
    source = BUNDLED if course.bundled else str(data / course.environment)
    scenarios = Scenarios(course.environment, source, course.scenarios)
    environments = _open_twice(course, scenarios)
    for environment in environments:
        environment.set_thermal_limit(environment.get_thermal_limit() * course.limits)
    fast, judge = FastEngine(environments[0]), Grid2opEngine(environments[1])
    grid = judge.grid
    actions = unitary_topologies(GridLayout.from_grid2op(grid))
    remedies = None
    if course.moves or course.remedies:
        remedies = RandomRemedies(grid, course.moves, course.remedies)
    positions = Positions.from_grid2op(grid)
    player = RandomPlayer(actions, positions, course.share, course.greedy, remedies)
    tally = Tally()
    for number in count():
        scenario = fast.scenarios[number % len(fast.scenarios)]
        generator = np.random.default_rng([seed, number])
        act = partial(_act, player, generator, fast.simulator())
        look = partial(player.candidates, generator=generator)
        remaining = course.steps - tally.steps
        tally += compare_episode(fast, judge, scenario, seed + number, act, remaining, look)
        if tally.steps >= course.steps:
            break
    fast.close()
    judge.close()
    return tally


def _open_twice(course: Course, scenarios: Scenarios) -> list[Environment]:
    environments = [open_environment(scenarios, cached=True)]
    options: dict[str, Any] = {}
    if course.attack_every:
        opponent = opponent_options(environments[0])
        options["kwargs_opponent"] = opponent | {"attack_every_xxx_hour": course.attack_every}
        environments.pop().close()
    while len(environments) < 2:
        environments.append(open_environment(scenarios, cached=True, **options))
    return environments


def _act(
    player: RandomPlayer,
    generator: np.random.Generator,
    simulator: Simulator,
    observation: Any,
    stepped: Any,
) -> GridAction | None:
    return player.act(observation, generator, simulator, stepped)
