"""The shipped agents decide as they are recorded to (`tests.golden.record` made the records)."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest

from powrl.environments.episodes import start_episode
from tests.golden.episodes import EPISODES, GoldenEpisode
from tests.golden.record import FOLDER, decide, opened, outage_at

LOAD_TOLERANCE = 2
"""Ten-thousandths: sweeps of other sizes round differently."""


@pytest.mark.parametrize("episode", EPISODES, ids=lambda episode: episode.file.partition(".")[0])
def test_decisions_are_those_of_the_record(episode: GoldenEpisode) -> None:
    body = json.loads(gzip.decompress((FOLDER / episode.file).read_bytes()))
    differences: list[str] = []
    with opened(episode) as (environment, agent, first):
        observation, seed = first, episode.seed
        for number, (expected, highest) in enumerate(
            zip(body["steps"], body["highest"], strict=True)
        ):
            assert observation.rho.max() == pytest.approx(highest, abs=2e-5), (
                f"step {number}: the environment itself plays differently"
            )
            actual, _ = decide(agent, observation)
            difference = _difference(expected, actual)
            if difference:
                differences.append(f"{episode.agent}, step {number}: {difference}")
            # what is recorded is played, so that one difference stays one
            outage = outage_at(episode, number, environment)
            action = outage or _recorded_action(environment, expected)
            observation, _, done, _ = environment.step(action)
            if done:
                seed += 1
                observation = start_episode(environment, episode.name, seed)
    shown = "\n".join(differences[:20])
    assert not differences, f"{len(differences)} of {episode.steps} decisions differ:\n{shown}"


def _difference(expected: dict[str, Any] | None, actual: dict[str, Any] | None) -> str:
    """What differs, in words; empty where nothing does."""
    if expected is None or actual is None:
        return "" if expected is actual else f"{_short(expected)} before, {_short(actual)} now"
    for key in ("rule", "choice", "lines", "warnings", "labels"):
        if expected[key] != actual[key]:
            return f"{key} was {expected[key]!r}, is {actual[key]!r}"
    *topology, moves = zip(expected["played"], actual["played"], strict=True)
    if any(before != after for before, after in topology) or not _same_moves(*moves):
        return f"played was {expected['played']}, is {actual['played']}"
    before, after = np.array(expected["loads"]), np.array(actual["loads"])
    if not np.array_equal(np.minimum(before, 0), np.minimum(after, 0)):
        return "other candidates are illegal or end the episode"
    differs = np.abs(before - after).max(initial=0)
    return f"a simulated load differs by {differs / 1e4}" if differs > LOAD_TOLERANCE else ""


def _same_moves(before: list[Any], after: list[Any]) -> bool:
    """Whether the same generators are redispatched, by the same power within 0.02 MW."""
    if not before or not after:
        return before == after
    return before[0] == after[0] and np.allclose(before[1], after[1], rtol=0, atol=0.02)


def _short(step: dict[str, Any] | None) -> str:
    return "nothing" if step is None else f"{step['rule']} ({step['choice']})"


def _recorded_action(environment: Any, step: dict[str, Any] | None) -> Any:
    """grid2op's action of a recorded step."""
    if step is None:
        return environment.action_space()
    content: dict[str, Any] = {}
    sizes = (environment.dim_topo, environment.n_line, environment.n_gen)
    kinds = (np.int32, np.int32, np.float32)
    names = ("set_bus", "set_line_status", "redispatch")
    for name, part, size, kind in zip(names, step["played"], sizes, kinds, strict=True):
        if part:
            content[name] = np.zeros(size, dtype=kind)
            content[name][part[0]] = part[1]
    action = environment.action_space(content)
    for name, numbers in zip(("raise_alarm", "raise_alert"), step["warnings"], strict=False):
        if numbers:
            setattr(action, name, numbers)
    return action
