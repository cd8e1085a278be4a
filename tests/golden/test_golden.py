"""Each shipped agent decides as the golden record says, step by step.

A replay plays the recorded actions, whatever the agent decides: a single difference does not make
all steps after it differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from powrl.workspace.shipped import shipped_agents
from tests.golden.record import (
    EPISODES,
    LOAD_EVERY,
    QUIET_ENTRY,
    RULES,
    Episode,
    load,
    started,
    summary,
)

NEAR_LOAD, NEAR_MW, NEAR_OBSERVED = 2e-4, 0.02, 2e-5
"""So far loads of candidates, generators (MW) and observed loads may be from the record."""

EXACT = {
    "rule": "the rule",
    "choice": "the choice",
    "lines": "the lines",
    "set_bus": "the busbars that are set",
    "line_set_status": "the line statuses that are set",
    "kinds": "legality and game over of the candidates",
    "labels": "the names of the candidates (their digest)",
    "raise_alarm": "the alarm",
    "raise_alert": "the alerts",
}
"""What has to be the same, in words."""

AGENTS = [episode.agent for episode in EPISODES]

pytestmark = pytest.mark.no_cover


def test_every_shipped_agent_has_a_record():
    assert sorted(AGENTS) == sorted(shipped_agents())


def test_all_that_an_agent_may_do_is_in_a_record():
    counts = [summary(load(episode.path)) for episode in EPISODES]
    for name in (*RULES, "alarms", "alerts"):
        assert any(count[name] for count in counts), f"no record has {name}; choose other episodes"


@pytest.mark.parametrize("agent", AGENTS)
def test_it_decides_as_recorded(agent):
    body = load(next(episode.path for episode in EPISODES if episode.agent == agent))
    entries = dict(body["entries"])
    differing = []
    with started(Episode(**body["episode"])) as play:
        for step in range(body["steps"]):
            assert not play.done, f"{agent}: the episode ends at step {step}, before its record."
            if step % LOAD_EVERY == 0:
                _require_course(body, step, play.max_rho)
            recorded = entries.get(step, QUIET_ENTRY)
            deviations = list(differences(recorded, play.ask()))
            if deviations:
                differing.append((step, deviations))
            play.play(recorded)
    if differing:
        step, deviations = differing[0]
        pytest.fail(
            f"{agent} decides otherwise than recorded in {len(differing)} of {body['steps']} "
            f"steps, first in step {step}: {'; '.join(deviations)}.",
            pytrace=False,
        )


def _require_course(body: dict[str, Any], step: int, max_rho: float) -> None:
    """The recorded actions lead where they led when they were recorded."""
    recorded = body["loads"][step // LOAD_EVERY]
    assert max_rho == pytest.approx(recorded, abs=NEAR_OBSERVED), (
        f"{body['episode']['agent']}: at step {step} the same actions have led to a load of "
        f"{max_rho}, recorded is {recorded}; the record is from {body['versions']}."
    )


def differences(recorded: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What differs between two entries, in words."""
    old, new = recorded.get("loads", []), now.get("loads", [])
    same_number = len(old) == len(new)
    if not same_number:
        yield f"{len(new)} candidates are simulated instead of {len(old)}"
    for key, name in EXACT.items():
        if not same_number and key in ("kinds", "labels"):
            continue
        if recorded.get(key) != now.get(key):
            yield f"{name}: {now.get(key)!r} instead of {recorded.get(key)!r}"
    if same_number:
        apart = [
            number for number, pair in enumerate(zip(old, new, strict=True)) if not _are_near(*pair)
        ]
        if apart:
            first = apart[0]
            yield (
                f"the simulated loads of {len(apart)} candidates, the first that of number {first} "
                f"with {new[first]} instead of {old[first]}"
            )
    moves = [_moves(entry) for entry in (recorded, now)]
    for generator in sorted({*moves[0], *moves[1]}):
        was, is_now = (move.get(generator, 0.0) for move in moves)
        if abs(was - is_now) > NEAR_MW:
            yield f"generator {generator} is moved by {is_now} MW instead of {was} MW"
    for name in ("storage_p", "curtail"):
        old, new = (dict(zip(*entry.get(name, ([], [])), strict=True)) for entry in (recorded, now))
        if old.keys() != new.keys() or any(abs(old[key] - new[key]) > NEAR_MW for key in old):
            yield f"{name}: {new} instead of {old}"
    # a sum over generators, so its tolerance is theirs together
    allowed = NEAR_MW * max(1, *map(len, moves))
    was, is_now = (entry["redispatched_mw"] for entry in (recorded, now))
    if abs(was - is_now) > allowed:
        yield f"generators are moved by {is_now} MW altogether instead of {was} MW"


def _moves(entry: dict[str, Any]) -> dict[int, float]:
    """Generator -> MW."""
    return dict(zip(*entry.get("redispatch", ([], [])), strict=True))


def _are_near(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is new
    return math.isclose(old, new, rel_tol=0, abs_tol=NEAR_LOAD)
