"""Evaluation on the validation split, by the agent as it will be shipped."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..configuration.sections import Configuration
from ..engines.engine import PlayedEpisode, play_episode
from ..engines.opening import open_engine
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

    def __init__(self, configuration: Configuration) -> None:
        # no clock: how busy the machine is must not decide what is best
        overload = configuration.training_overload.replaced(
            seconds=0, total_seconds=0, total_steps=0
        )
        candidates = configuration.training.evaluation_candidates
        if candidates:
            overload = overload.replaced(candidates=candidates, plan=False)
        self._settings = replace(agent_settings(configuration), overload=overload)
        self._engine = open_engine(
            configuration.engine,
            configuration.scenarios_of("validation"),
            **attacks_of(configuration, "validation"),
        )
        self.actions = load_actions(configuration, self._engine.grid)
        names = self._engine.scenarios
        count = min(configuration.training.evaluation_scenarios or len(names), len(names))
        chosen = np.linspace(0, len(names) - 1, count).round().astype(int)
        first_seeds = len(names) * np.arange(configuration.training.evaluation_seeds)
        self._episodes = [(names[k], int(k + first)) for first in first_seeds for k in chosen]

    def __call__(self, policy: Policy) -> Validation:
        """Evaluate a policy behind the overload manager."""
        agent = PowRLAgent(
            self._engine.grid.action_space,
            self._settings,
            self.actions,
            policy,
            self._engine.simulator(),
        )

        def act(observation: Observation) -> GridAction:
            return agent.decide(observation).action

        return Validation(
            tuple(play_episode(self._engine, name, seed, act) for name, seed in self._episodes)
        )

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()


def agent_settings(configuration: Configuration) -> AgentSettings:
    """The part of a configuration that an agent runs with."""
    return AgentSettings(
        configuration.environment,
        configuration.observation,
        configuration.overload,
        configuration.plugin_folders(),
    )
