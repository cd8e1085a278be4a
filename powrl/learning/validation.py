"""Evaluation on the validation split, by the agent as it will be shipped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..configuration.sections import Configuration
from ..engines.engine import PlayedEpisode, play_episode
from ..engines.opening import open_engine
from ..environments.backend import with_read_grids
from ..parallel.jobs import Jobs
from ..parallel.run import results_of
from ..player.actions.grid_action import GridAction
from ..player.agent import PowRLAgent
from ..player.agent_folder import AgentSettings
from ..player.grid.observation import Observation
from ..player.policy.network import Policy
from .attacks import attacks_of
from .environment import load_actions


@dataclass(frozen=True)
class Validation:
    """Episodes of one evaluation."""

    episodes: tuple[PlayedEpisode, ...]

    @property
    def survival(self) -> float:
        """Mean share of steps survived."""
        return float(np.mean([episode.survival for episode in self.episodes]))


class Validator:
    """Plays the validation scenarios, each with the seed that is its number, and others from there.

    With ``training.evaluation_scenarios`` of n, every k-th scenario is played, so that they are
    spread over the year.
    """

    def __init__(self, configuration: Configuration, jobs: Jobs = 1) -> None:
        self._configuration = configuration
        self._jobs = jobs
        player = _player_of(configuration)
        self.actions = player.actions
        names = player.engine.scenarios
        count = min(configuration.training.evaluation_scenarios or len(names), len(names))
        chosen = np.linspace(0, len(names) - 1, count).round().astype(int)
        first_seeds = len(names) * np.arange(configuration.training.evaluation_seeds)
        self._episodes = [(names[k], int(k + first)) for first in first_seeds for k in chosen]

    def __call__(self, policy: Policy) -> Validation:
        """Evaluate a policy behind the overload manager."""
        tasks = [
            with_read_grids(partial(_play, self._configuration, policy, name, seed))
            for name, seed in self._episodes
        ]
        return Validation(tuple(results_of(tasks, self._jobs, self._configuration.folders())))

    def close(self) -> None:
        """Close the engine of this process."""
        _close()


class _Player:
    """Plays validation scenarios in one process.

    Attributes
    ----------
    engine, actions:
        Engine of the validation scenarios, and the actions on their grid.
    """

    def __init__(self, configuration: Configuration) -> None:
        # no clock: how busy the machine is must not decide what is best
        overload = configuration.training_overload.replaced(
            seconds=0, total_seconds=0, total_steps=0
        )
        candidates = configuration.training.evaluation_candidates
        if candidates:
            overload = overload.replaced(candidates=candidates, plan=False)
        self._settings = replace(agent_settings(configuration), overload=overload)
        self.engine = open_engine(
            configuration.engine,
            configuration.scenarios_of("validation"),
            **attacks_of(configuration, "validation"),
        )
        self.actions = load_actions(configuration, self.engine.grid)

    def play(self, policy: Policy, scenario: str, seed: int) -> PlayedEpisode:
        """Play an episode with a policy behind the overload manager."""
        agent = PowRLAgent(
            self.engine.grid.action_space,
            self._settings,
            self.actions,
            policy,
            self.engine.simulator(),
        )

        def act(observation: Observation) -> GridAction:
            return agent.decide(observation).action

        return play_episode(self.engine, scenario, seed, act)


_opened: list[tuple[Configuration, _Player]] = []


def _player_of(configuration: Configuration) -> _Player:
    """The player of this process, opened once for a configuration."""
    if not _opened or _opened[0][0] != configuration:
        _close()
        _opened.append((configuration, _Player(configuration)))
    return _opened[0][1]


def _close() -> None:
    while _opened:
        _opened.pop()[1].engine.close()


def _play(configuration: Configuration, policy: Policy, scenario: str, seed: int) -> PlayedEpisode:
    return _player_of(configuration).play(policy, scenario, seed)


def agent_settings(configuration: Configuration) -> AgentSettings:
    """The part of a configuration that an agent runs with."""
    return AgentSettings(
        configuration.environment,
        configuration.observation,
        configuration.overload,
        configuration.plugin_folders(),
    )
