"""The conformance test of an engine."""

from __future__ import annotations

from functools import partial
from itertools import cycle

import numpy as np

from ..engines.engine import Engine
from ..engines.grid2op_engine import Grid2opEngine
from ..player.actions.grid_action import GridAction
from ..player.grid.layout import GridLayout
from ..player.grid.observation import Observation
from ..player.grid.positions import Positions
from ..player.lookahead.outcome import Simulator
from ..reduction.enumeration import unitary_topologies
from .comparison import compare_episode, differences
from .random_play import RandomPlayer
from .surroundings import SMALLEST, Place, opened, require

_RANDOM = 0.3
"""Fraction of the steps with a random action, illegal and ambiguous ones included."""


def check_engine(
    engine: Engine, environment: Place = SMALLEST, *, steps: int = 100, seed: int = 0
) -> None:
    """Require that an engine plays as grid2op does, step by step.

    A player with random actions, some of them illegal, plays the same episodes on both. After each
    step the observation (topology, timers, loads, flows, dispatch, storage, forecast), legality,
    attacks, lines opened by protections and the end of the episode have to be equal; every 50
    steps the outcomes of 12 candidates, too.

    Parameters
    ----------
    engine:
        What is tested: an object with the attributes of `powrl.engines.engine.Engine`.
    environment:
        The environment that the engine plays: its name, its folder, or another environment of
        grid2op of the same settings. Lower the thermal limits of both to see protections act.
    steps:
        Steps to play, over all episodes.
    seed:
        Seed of the first episode and of the player.

    Raises
    ------
    AssertionError
        The engine differs from grid2op; the sentence names scenario, seed, step and attributes.
    PowrlError
        The environment cannot be opened.

    Examples
    --------
    >>> from powrl.engines.opening import open_engine
    >>> from powrl.environments.opening import Scenarios
    >>> engine = open_engine("fast", Scenarios("rte_case14_realistic"))
    >>> check_engine(engine, "rte_case14_realistic", steps=20)
    >>> engine.close()
    """
    with opened(environment) as grid:
        judge = Grid2opEngine(grid)
        _require_same_start(engine, judge, seed)
        player = RandomPlayer(
            unitary_topologies(GridLayout.from_grid2op(grid)),
            Positions.from_grid2op(grid),
            _RANDOM,
            greedy=True,
        )
        played = 0
        for number, scenario in enumerate(cycle(judge.scenarios)):
            if played >= steps:
                break
            generator = np.random.default_rng([seed, number])
            choose = partial(_choose, player, generator, engine.simulator())
            look = partial(player.candidates, generator=generator)
            tally = compare_episode(
                engine, judge, scenario, seed + number, choose, steps - played, look
            )
            require(not tally.mismatches, f"the engine {engine.name}: {tally.mismatches}.")
            require(tally.steps > 0, f"the scenario {scenario} ends before its first step.")
            played += tally.steps


def _require_same_start(engine: Engine, judge: Engine, seed: int) -> None:
    require(
        set(judge.scenarios) <= set(engine.scenarios),
        f"the engine {engine.name} lacks scenarios of the environment: it has "
        f"{', '.join(engine.scenarios)}.",
    )
    one, other = (either.start(judge.scenarios[0], seed) for either in (engine, judge))
    mismatches = differences(one, other)
    mismatches += [
        name
        for name in ("scenario", "steps", "max_steps")
        if getattr(one, name) != getattr(other, name)
    ]
    require(not mismatches, f"the engine {engine.name} starts differently: {mismatches}.")


def _choose(
    player: RandomPlayer,
    generator: np.random.Generator,
    simulator: Simulator,
    observation: Observation,
    stepped: Observation,
) -> GridAction | None:
    return player.act(observation, generator, simulator, stepped)
