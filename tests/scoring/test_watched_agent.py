from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from grid2op.Agent import BaseAgent, DoNothingAgent

from powrl.scoring.watched_agent import WatchedAgent


class Sleeper(BaseAgent):
    """Takes 20 ms a step; tells its step as the decision."""

    on_decision: Any = None

    def __init__(self, action_space: Any) -> None:
        super().__init__(action_space)
        self.seeded: list[int] = []
        self.resets = 0

    def seed(self, seed: int) -> None:
        self.seeded.append(seed)

    def reset(self, _obs: Any) -> None:
        self.resets += 1

    def act(self, observation: Any, _reward: float, _done: bool = False) -> Any:
        time.sleep(0.02)
        if self.on_decision is not None:
            step = int(observation.current_step)
            self.on_decision(observation, SimpleNamespace(rule="sleep", choice=f"in step {step}"))
        return self.action_space({})


def play(agent: Any, environment: Any, episodes: int, steps: int) -> None:
    for episode in range(episodes):
        observation = environment.reset()
        agent.seed(episode)
        agent.reset(observation)
        for _ in range(steps):
            observation, *_ = environment.step(agent.act(observation, 0.0))


def test_times_each_decision(case14: Any) -> None:
    sleeper = Sleeper(case14.action_space)
    agent = WatchedAgent(sleeper)
    play(agent, case14, episodes=2, steps=3)
    assert len(agent.seconds) == 6
    assert agent.seconds[0] == pytest.approx(0.02, abs=0.02)
    assert (sleeper.seeded, sleeper.resets) == ([0, 1], 2)


def test_logs_each_decision_outside_the_time(case14: Any) -> None:
    rows = []

    def log(observation: Any, decision: Any) -> None:
        time.sleep(0.2)
        rows.append((int(observation.current_step), decision.choice))

    agent = WatchedAgent(Sleeper(case14.action_space), tells_decisions=True, log=log)
    play(agent, case14, episodes=1, steps=2)
    assert rows == [(0, "in step 0"), (1, "in step 1")]
    assert agent.reasons == ["sleep: in step 0", "sleep: in step 1"]
    assert max(agent.seconds) < 0.2


def test_a_decision_that_failed_has_its_place_among_the_reasons(case14: Any) -> None:
    sleeper = Sleeper(case14.action_space)
    agent = WatchedAgent(sleeper, tells_decisions=True)
    observation = case14.reset()
    agent.act(observation, 0.0)
    sleeper.on_decision = None
    agent.act(observation, 0.0)
    assert agent.reasons == ["sleep: in step 0", "failed: do nothing"]


def test_counts_of_agents_that_tell_their_decisions(case14: Any) -> None:
    agent = Sleeper(case14.action_space)
    agent.failed_decisions = 3  # type: ignore[attr-defined]
    watched = WatchedAgent(agent, tells_decisions=True)
    assert (watched.count("failed_decisions"), watched.count("cut_decisions")) == (3, 0)
    assert WatchedAgent(agent).count("failed_decisions") == 0


def test_an_action_of_another_environment_is_the_agents_fault(case14: Any, neurips: Any) -> None:
    agent = WatchedAgent(DoNothingAgent(neurips.action_space))
    agent.action_space = case14.action_space
    with pytest.raises(TypeError, match="an action of another environment, l2rpn_neurips_2020"):
        agent.act(case14.get_obs(), 0.0)
