# ruff: noqa: ARG001, ARG002
"""Agents that powrl has no part in, given as ``tests.scoring.foreign:<function>``."""

from __future__ import annotations

from typing import Any

from grid2op.Agent import BaseAgent, DoNothingAgent


class LineOpener(BaseAgent):
    """Opens one line after the other, which soon ends the episode."""

    def __init__(self, action_space: Any) -> None:
        super().__init__(action_space)
        self.opened = 0

    def act(self, observation: Any, reward: float, done: bool = False) -> Any:
        self.opened += 1
        return self.action_space({"set_line_status": [(2 * self.opened, -1)]})


class Failing(BaseAgent):
    def act(self, observation: Any, reward: float, done: bool = False) -> Any:
        raise KeyError("no such line")


def make_agent(env: Any, folder: str) -> Any:
    assert type(env.chronics_handler.real_data).__name__ == "ChangeNothing"
    assert folder.endswith("scoring")
    return LineOpener(env.action_space)


def make_failing(env: Any, folder: str) -> Any:
    return Failing(env.action_space)


def make_broken(env: Any, folder: str) -> Any:
    raise OSError("no weights")


def make_nothing(env: Any, folder: str) -> Any:
    return "an agent"


def make_idle(env: Any, folder: str) -> Any:
    return DoNothingAgent(env.action_space)
