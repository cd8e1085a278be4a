"""An agent whose module asks for a reward, given as ``tests.scoring.rewarded:make_agent``."""

from __future__ import annotations

from typing import Any

from grid2op.Agent import BaseAgent
from grid2op.Reward import BaseReward


class reward(BaseReward):  # noqa: N801  the name that a submission gives it
    def __call__(self, *_arguments: object) -> float:
        return 7.0


class Rewarded(BaseAgent):
    steps = 0

    def act(self, observation: Any, reward: float, done: bool = False) -> Any:  # noqa: ARG002
        self.steps += 1
        assert self.steps == 1 or reward == 7.0
        return self.action_space()


def make_agent(env: Any, folder: str) -> Any:  # noqa: ARG001
    return Rewarded(env.action_space)
