"""Evaluation on the validation split, by the agent as it will be shipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..agent import AgentSettings, PowRLAgent
from ..configuration import Configuration
from ..grid.environments import open_environment, scenario_names
from ..grid.episodes import Episode, play_episode
from ..policy.network import Policy
from .environment import load_actions


@dataclass(frozen=True)
class Validation:
    """Episodes of one evaluation."""

    episodes: tuple[Episode, ...]

    @property
    def survival(self) -> float:
        """Mean share of steps survived."""
        return float(np.mean([episode.survival for episode in self.episodes]))


class Validator:
    """Plays the validation scenarios, each with the seed that is its number.

    With ``training.evaluation_scenarios`` of n, every k-th scenario is played, so that they are
    spread over the year.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._settings = agent_settings(configuration)
        self._grid = open_environment(configuration.scenarios_of("validation"), cached=True)
        self.actions = load_actions(configuration, self._grid)
        names = scenario_names(self._grid)
        wanted = min(configuration.training.evaluation_scenarios or len(names), len(names))
        chosen = np.linspace(0, len(names) - 1, wanted).round().astype(int)
        self._scenarios = [(names[index], int(index)) for index in chosen]

    def __call__(self, policy: Policy) -> Validation:
        """Evaluate a policy behind the overload manager."""
        agent = PowRLAgent(self._grid.action_space, self._settings, self.actions, policy)

        def act(observation: Any) -> Any:
            return agent.act(observation, 0.0)

        return Validation(
            tuple(play_episode(self._grid, name, seed, act) for name, seed in self._scenarios)
        )

    def close(self) -> None:
        """Close the grid2op environment."""
        self._grid.close()


def agent_settings(configuration: Configuration) -> AgentSettings:
    """The part of a configuration that an agent runs with."""
    return AgentSettings(
        configuration.environment, configuration.observation, configuration.overload
    )
