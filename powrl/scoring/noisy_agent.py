"""A grid2op agent that observes the grid with errors; the grid itself is as it is.

The errors are those of AI4REALNET's random perturbation: for some steps, a measurement is wrong by
a factor, or missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from grid2op.Agent import BaseAgent
from grid2op.Observation import BaseObservation

PROBABILITY = 0.4
"""Of a new error in a step."""
MISSING = 0.2
"""Share of errors with which a value is missing, and so reads 0."""
SPREAD = 0.15
"""Standard deviation of the logarithm of the factor of all others."""
MEAN_STEPS = 6.0
"""Mean of the steps for which an error stays, which are exponentially distributed."""
MEASURED = ("gen_p", "load_p", "rho", "rho")
"""What is measured with errors, each as often as it stands here."""


@dataclass
class _Error:
    """An error of one value of an observation."""

    name: str
    index: int
    factor: float
    steps: int


class NoisyAgent(BaseAgent):
    """Plays `agent`, which observes the grid with errors.

    They follow from the seed of the episode, and do not reach what the agent simulates.

    Parameters
    ----------
    agent:
        The agent that decides.
    """

    def __init__(self, agent: BaseAgent) -> None:
        super().__init__(agent.action_space)
        self._agent = agent
        self._random = np.random.default_rng(0)
        self._errors: list[_Error] = []

    @property
    def on_decision(self) -> Any:
        """The hook of the agent, where it has one."""
        return self._agent.on_decision

    @on_decision.setter
    def on_decision(self, hook: Any) -> None:
        self._agent.on_decision = hook

    @property
    def failed_decisions(self) -> int:
        """That of the agent, where it keeps one."""
        number: int = getattr(self._agent, "failed_decisions", 0)
        return number

    @property
    def cut_decisions(self) -> int:
        """That of the agent, where it keeps one."""
        number: int = getattr(self._agent, "cut_decisions", 0)
        return number

    def seed(self, seed: int) -> Any:
        """Seed the errors and the agent (grid2op's ``BaseAgent.seed``)."""
        self._random = np.random.default_rng(seed)
        return self._agent.seed(seed)

    def reset(self, obs: BaseObservation) -> None:
        """A new episode starts (grid2op's ``BaseAgent.reset``)."""
        self._errors = []
        self._agent.reset(obs)

    def act(self, observation: BaseObservation, reward: float, done: bool = False) -> Any:
        """The agent's action for one step (grid2op's ``BaseAgent.act``)."""
        return self._agent.act(self._with_errors(observation), reward, done)

    def _with_errors(self, observation: BaseObservation) -> BaseObservation:
        self._errors = [error for error in self._errors if error.steps > 0]
        if self._random.random() < PROBABILITY:
            self._errors.append(self._drawn(observation))
        seen = observation.copy()
        for error in self._errors:
            values = np.array(getattr(seen, error.name))  # a copy, for it may be read-only
            values[error.index] *= error.factor
            setattr(seen, error.name, values)
            error.steps -= 1
        return seen

    def _drawn(self, observation: BaseObservation) -> _Error:
        random = self._random
        name = MEASURED[random.integers(len(MEASURED))]
        index = int(random.integers(len(getattr(observation, name))))
        is_missing = random.random() < MISSING
        factor = 0.0 if is_missing else float(random.lognormal(0.0, SPREAD))
        return _Error(name, index, factor, 1 + round(random.exponential(MEAN_STEPS)))
