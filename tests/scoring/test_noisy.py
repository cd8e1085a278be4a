"""An agent with noise observes errors, and the grid stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from grid2op.Agent import BaseAgent

from powrl.editions.editions import EDITIONS
from powrl.editions.stacks import STACKS
from powrl.errors import ConfigurationError
from powrl.scoring.contestants.noisy import noisy_pairs
from powrl.scoring.contestants.parsing import parse_contestants
from powrl.scoring.noisy_agent import NoisyAgent
from powrl.scoring.run import make_request

AGENT = "rte_case14_realistic/powrl"


class Watcher(BaseAgent):
    """Keeps what it observes."""

    def __init__(self, action_space: Any) -> None:
        super().__init__(action_space)
        self.seen: list[np.ndarray] = []

    def act(self, observation: Any, reward: float, done: bool = False) -> Any:
        del reward, done
        self.seen.append(np.concatenate([observation.gen_p, observation.load_p, observation.rho]))
        return self.action_space()


def observed(environment: Any, seed: int, steps: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """The same observation time and again: as it is, and as it is observed."""
    watcher = Watcher(environment.action_space)
    agent = NoisyAgent(watcher)
    agent.seed(seed)
    observation = environment.reset(seed=0, options={"time serie id": 0})
    agent.reset(observation)
    before = np.concatenate([observation.gen_p, observation.load_p, observation.rho])
    for _ in range(steps):
        agent.act(observation, 0.0)
    after = np.concatenate([observation.gen_p, observation.load_p, observation.rho])
    np.testing.assert_array_equal(before, after)
    return before, np.array(watcher.seen)


def test_errors_follow_from_the_seed(case14: Any) -> None:
    true, seen = observed(case14, 3)
    again, other = observed(case14, 3)[1], observed(case14, 4)[1]
    np.testing.assert_array_equal(seen, again)
    assert (seen != other).any()
    wrong = (seen != true).sum(axis=1)
    assert 1 < wrong.mean() < 5  # 0.4 new ones in a step, which stay for about 7
    assert ((seen == 0) & (true != 0)).any()


def test_an_agent_with_noise_is_named_and_written_as_such() -> None:
    alone, both = parse_contestants([f"noisy:{AGENT}"], baselines=False), [AGENT, f"noisy:{AGENT}"]
    assert alone[0].name == "powrl-noisy"
    plain, noisy = parse_contestants(both, baselines=False)
    assert noisy_pairs([plain, noisy]) == [("powrl", "powrl-noisy")]
    assert noisy_pairs(alone) == []
    assert parse_contestants([noisy.source], baselines=False)[0].source == noisy.source
    assert noisy.environment == "rte_case14_realistic"
    assert not noisy.is_foreign
    with pytest.raises(ConfigurationError, match="has noise twice"):
        parse_contestants([f"noisy:noisy:{AGENT}"])


def test_a_noisy_edition_plays_each_agent_twice() -> None:
    agent = "l2rpn_icaps_2021/search"
    for edition in ("ai4realnet-small", "ai4realnet-small-noisy"):
        request, _ = make_request(agent, edition=edition)
        assert request.names == ["search", "search-noisy"][: 1 + EDITIONS[edition].noisy]
    again = request.with_agents([AGENT], [None], untrained=False)
    assert again.names is not None
    assert again.names[2:] == ["powrl", "powrl-noisy"]


def test_each_edition_has_a_stack() -> None:
    assert STACKS.keys() == EDITIONS.keys()
