"""Record the decisions of the shipped agents: ``python -m tests.golden.record [AGENT ...]``.

The record guards a redesign of the decision pipeline. It is made again only where a difference is
understood and better.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment, single_mixes
from powrl.player.agent import PowRLAgent, load_agent
from powrl.player.rules.decision import Decision
from powrl.workspace.shipped import find_agent

from .episodes import EPISODES, GoldenEpisode

FOLDER = Path(__file__).parent


@contextmanager
def opened(episode: GoldenEpisode) -> Iterator[tuple[Any, PowRLAgent, Any]]:
    """The environment of an episode, the agent, and the first observation."""
    mix = episode.mix
    scenarios = Scenarios(episode.environment or episode.agent.split("/")[0])
    if mix:
        scenarios = next(one for one in single_mixes(scenarios) if Path(one.source).name == mix)
    environment = open_environment(scenarios)
    try:
        agent = load_agent(find_agent(episode.agent), environment)
        yield environment, agent, start_episode(environment, episode.name, episode.seed)
    finally:
        environment.close()


def outage_at(episode: GoldenEpisode, step: int, environment: Any) -> Any:
    """The action that takes a line out in a step, or None where the agent's action is played."""
    if not episode.outage_every or step % episode.outage_every != episode.outage_every - 1:
        return None
    line = (step // episode.outage_every) % environment.n_line
    return environment.action_space({"set_line_status": [(line, -1)]})


def decide(agent: PowRLAgent, observation: Any) -> tuple[dict[str, Any] | None, Any]:
    """One decision as plain data (None: nothing was done or simulated), and grid2op's action."""
    decisions: list[Decision] = []
    agent.on_decision = lambda _, decision: decisions.append(decision)
    action = agent.act(observation, 0.0)
    assert not agent.failed_decisions, "a decision failed"
    return described(decisions[0], action), action


def described(decision: Decision, action: Any) -> dict[str, Any] | None:
    """What is recorded of a decision; loads in ten-thousandths, -1: game over, -2: illegal."""
    warnings = [
        np.flatnonzero(getattr(action, name)).tolist()
        for name in ("raise_alarm", "raise_alert")
        if getattr(action, name, None) is not None
    ]
    played = [_sparse(action.set_bus), _sparse(action.line_set_status), _sparse(action.redispatch)]
    if not decision.candidates and not any(any(part) for part in (*played, *map(list, warnings))):
        return None
    return {
        "rule": decision.rule,
        "choice": decision.choice,
        "lines": list(decision.lines),
        "played": played,
        "warnings": warnings,
        "labels": crc32("\n".join(candidate.label for candidate in decision.candidates).encode()),
        "loads": [_load(candidate.outcome) for candidate in decision.candidates],
    }


def _sparse(values: Any) -> list[list[Any]]:
    """Positions and values that are not 0; floats with all their digits."""
    positions = np.flatnonzero(values)
    if not len(positions):
        return []
    return [positions.tolist(), np.asarray(values)[positions].tolist()]


def _load(outcome: Any) -> int:
    if not outcome.legal:
        return -2
    return -1 if outcome.game_over else round(1e4 * outcome.max_rho)


def record(episode: GoldenEpisode) -> Counter[str]:
    """Play an episode and write its record: how often each rule decided."""
    steps: list[dict[str, Any] | None] = []
    highest: list[float] = []
    with opened(episode) as (environment, agent, first):
        observation, seed = first, episode.seed
        for number in range(episode.steps):
            step, action = decide(agent, observation)
            steps.append(step)
            highest.append(round(float(observation.rho.max()), 5))
            outage = outage_at(episode, number, environment)
            observation, _, done, _ = environment.step(outage or action)
            if done:  # the same agent goes on: nothing of an episode may reach into the next one
                seed += 1
                observation = start_episode(environment, episode.name, seed)
    body = json.dumps({"steps": steps, "highest": highest}, separators=(",", ":"))
    (FOLDER / episode.file).write_bytes(gzip.compress(body.encode(), mtime=0))
    rules = Counter(step["rule"] if step else "nothing" for step in steps)
    rules["warnings"] = sum(bool(step and any(step["warnings"])) for step in steps)
    return rules


def main() -> None:
    """Record all episodes, or those of the agents that are given."""
    for episode in EPISODES:
        if len(sys.argv) == 1 or episode.agent in sys.argv[1:]:
            print(episode.agent, episode.seed, dict(record(episode)))  # noqa: T201


if __name__ == "__main__":
    main()
