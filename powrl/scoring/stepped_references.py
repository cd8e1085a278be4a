"""The reference runs of grid2op's score class, stepped by the fast engine.

A score class asks ``grid2op.utils.EpisodeStatistics`` for the runs of two agents: doing nothing,
and reconnecting lines in a grid without protections. grid2op's runner makes the environment, which
begins the episode, and grid2op writes the files; in between the episode stepper takes the place of
``environment.step``. What a score is made from is what grid2op would have left, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from grid2op.Agent import BaseAgent, DoNothingAgent, RecoPowerlineAgent
from grid2op.Environment import Environment
from grid2op.Parameters import Parameters
from grid2op.Reward import BaseReward, L2RPNSandBoxScore, L2RPNWCCI2022ScoreFun, RedispReward
from grid2op.Runner import Runner
from grid2op.utils import EpisodeStatistics

from ..engines.fast.engine import exact_episode
from ..engines.fast.episode import FastEpisode
from ..errors import PowrlError
from ..player.actions.grid_action import GridAction
from .grid2op_internals import (
    gather_statistics,
    mark_scored_statistics,
    rewarded_state,
    statistics_facts,
    write_statistics_array,
)

_Policy = Callable[[Environment, FastEpisode], GridAction | None]
"""(grid2op's environment, the episode begun in it) -> what is played."""

_COSTS = (L2RPNSandBoxScore, L2RPNWCCI2022ScoreFun)
"""Costs of a step that follow from what loads and generators do (`_grid`)."""

_COST = "cost"
"""What grid2op calls the cost among its rewards, in the runs of this module."""


@contextmanager
def stepped_references() -> Iterator[set[str]]:
    """Step the references of a score class with the fast engine, where that is possible.

    Yields
    ------
    set of str
        Reasons why grid2op plays some references itself.
    """
    by_grid2op = EpisodeStatistics.compute
    refusals: set[str] = set()

    def compute(statistics: EpisodeStatistics, **options: Any) -> None:
        try:
            run = _played(statistics.env, **options)
        except PowrlError as refusal:
            refusals.add(str(refusal))
            by_grid2op(statistics, **options)
        else:
            _write(statistics, run, **options)

    EpisodeStatistics.compute = compute
    try:
        yield refusals
    finally:
        EpisodeStatistics.compute = by_grid2op


@dataclass(frozen=True, eq=False)
class _Run:
    """The part of an episode of n steps that a score needs.

    Attributes
    ----------
    scenario:
        Its name.
    seen:
        ``load_p`` and ``gen_p`` (MW) of the first observation and of that after each step,
        shapes ``(n + 1, n_load)`` and ``(n + 1, n_gen)``, float32; 0 at a game over.
    costs:
        Cost of each step, shape ``(n,)``, float32.
    """

    scenario: str
    seen: dict[str, np.ndarray]
    costs: np.ndarray


def _played(
    environment: Environment,
    agent: BaseAgent | None,
    parameters: Parameters | None,
    scores_func: type[BaseReward],
    max_step: int,
    env_seeds: Sequence[int],
    **_options: object,
) -> _Run:
    """Play the run that `grid2op.utils.EpisodeStatistics.compute` asks for.

    Raises
    ------
    PowrlError
        Only grid2op can play it.
    """
    if scores_func not in _COSTS:
        raise PowrlError("the score has other parts than the operation cost.")
    act = _policy_of(agent)
    described = environment.get_params_for_runner()
    described["parameters_path"] = (parameters or environment.parameters).to_dict()
    described["other_rewards"] = {_COST: scores_func}
    (seed,) = env_seeds
    with Runner(**described).init_env() as begun:
        # as grid2op's runner does it: what an opponent draws depends on "max step"
        first = begun.reset(seed=seed, options={"time serie id": 0, "max step": max_step})
        return _stepped(begun, exact_episode(begun, first), act)


def _stepped(environment: Environment, episode: FastEpisode, act: _Policy) -> _Run:
    cost_of = environment.other_rewards[_COST]
    now = episode.observation
    load_p, gen_p, costs = [now.load_p], [now.gen_p], []
    while not episode.done:
        now = episode.step(act(environment, episode))
        over = episode.game_over
        grid = _grid(environment, now.load_p, now.gen_p)
        costs.append(cost_of(None, grid, over, episode.done, False, False))
        load_p.append(np.zeros_like(now.load_p) if over else now.load_p)
        gen_p.append(np.zeros_like(now.gen_p) if over else now.gen_p)
    return _Run(
        episode.scenario,
        {"load_p": np.stack(load_p), "gen_p": np.stack(gen_p)},
        np.array(costs, dtype=np.float32),
    )


def _grid(environment: Environment, load_p: np.ndarray, gen_p: np.ndarray) -> Any:
    """What costs and rewards are computed from, under the names of a grid2op environment."""
    return SimpleNamespace(
        backend=SimpleNamespace(loads_info=lambda: (load_p,), generators_info=lambda: (gen_p,)),
        gen_cost_per_MW=environment.gen_cost_per_MW,
        delta_time_seconds=environment.delta_time_seconds,
        **rewarded_state(environment, gen_p),
    )


def _policy_of(agent: BaseAgent | None) -> _Policy:
    """The policy of a reference agent of a score class."""
    if agent is None or type(agent) is DoNothingAgent:
        return lambda _environment, _episode: None
    if type(agent) is RecoPowerlineAgent:
        return _reconnection
    raise PowrlError(f"the reference agent {type(agent).__name__} is only known to grid2op.")


def _reconnection(environment: Environment, episode: FastEpisode) -> GridAction | None:
    """What ``grid2op.Agent.RecoPowerlineAgent`` does: of several lines the best by ``simulate``."""
    now = episode.observation
    free = np.flatnonzero(~now.line_status & (now.time_before_cooldown_line == 0))
    if not len(free):
        return None
    actions = [GridAction.of_line(episode.grid.positions, line, 1) for line in free.tolist()]
    if len(actions) == 1:
        return actions[0]
    try:
        rewards = [_foreseen_reward(environment, episode, action) for action in actions]
    except PowrlError as error:
        raise PowrlError(
            f"at step {now.current_step} the reconnecting agent simulates which of {len(actions)} "
            f"lines to reconnect, but {error}"
        ) from error
    return actions[int(np.argmax(rewards))]


def _foreseen_reward(
    environment: Environment, episode: FastEpisode, action: GridAction
) -> np.float32:
    """The reward that ``observation.simulate`` gives in a grid without protections."""
    reward = environment.get_reward_instance()
    if type(reward) is not RedispReward:
        raise PowrlError(f"the reward {type(reward).__name__} is only known to grid2op.")
    _, _, load_p, _ = episode.observation.get_forecasted_inj()
    gen_p = episode.generation_after(action)
    over = gen_p is None
    grid = _grid(environment, load_p, episode.observation.gen_p if gen_p is None else gen_p)
    return np.float32(reward(None, grid, over, over, False, False))


def _write(
    statistics: EpisodeStatistics,
    run: _Run,
    scores_func: type[BaseReward],
    agent: BaseAgent | None,
    parameters: Parameters | None,
    max_step: int,
    env_seeds: Sequence[int],
    agent_seeds: Sequence[int],
    **_options: object,
) -> None:
    """Write the files of grid2op that a score needs."""
    environment = statistics.env
    folder = Path(statistics.path_save_stats)
    (folder / run.scenario).mkdir(parents=True)
    files = {statistics.get_name_file(name): seen for name, seen in run.seen.items()}
    for name, values in {**files, EpisodeStatistics.SCORES: run.costs}.items():
        write_statistics_array(str(folder / run.scenario / name), values)
    mark_scored_statistics(statistics)
    facts = statistics_facts(
        statistics,
        agent or DoNothingAgent(environment.action_space),
        parameters or environment.parameters,
        max_step,
        agent_seeds,
        env_seeds,
    )
    facts["score_class"] = str(scores_func)
    gather_statistics(statistics, [(str(folder), run.scenario)], facts, list(run.seen))
