"""The shipped agents decide alike on a fast, a slow and a busy machine: simulations limit them."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from powrl.engines.opening import open_engine
from powrl.environments.opening import Scenarios
from powrl.player.actions.action_set import ActionSet
from powrl.player.agent import PowRLAgent
from powrl.player.agent_folder import ACTIONS_FILE, AgentSettings, load_policy
from powrl.player.grid.layout import GridLayout
from powrl.workspace.shipped import find_agent, shipped_agents

AGENT = "l2rpn_neurips_2020_track1/powrl"
SCENARIO, SEED, STEPS = "Scenario_february_dummy", 2, 60
LIMITS = 0.75
"""Factor of the thermal limits; it brings overloads early in the scenario."""

FEW_SIMULATIONS = 250
"""So few that they cut some decisions."""

SLOWNESS = 50
"""Factor of the clock's speed: to an agent, its machine is as much slower."""


@pytest.fixture(scope="module")
def engine():
    fast = open_engine("fast", Scenarios(AGENT.partition("/")[0]))
    fast.grid.set_thermal_limit(fast.grid.get_thermal_limit() * LIMITS)
    yield fast
    fast.close()


def decisions(engine, **changed):
    """The reason of each decision of the shipped agent, as text, in one episode."""
    folder = find_agent(AGENT)
    shipped = AgentSettings.load(folder)
    settings = replace(shipped, overload=shipped.overload.replaced(**changed))
    actions = ActionSet.load(folder / ACTIONS_FILE, GridLayout.from_grid2op(engine.grid))
    policy = load_policy(folder, settings)
    agent = PowRLAgent(engine.grid.action_space, settings, actions, policy, engine.simulator())
    episode, reasons = engine.start(SCENARIO, SEED), []
    while not episode.done and len(reasons) < STEPS:
        decision = agent.decide(episode.observation)
        reasons.append(json.dumps(decision.to_json(episode.observation)))
        episode.step(decision.action)
    return reasons


@contextmanager
def busy_machine(processes: int = 2) -> Iterator[None]:
    """Processes that compute all the time, beside the test."""
    spinning = [sys.executable, "-c", "while True: pass"]
    children = [subprocess.Popen(spinning) for _ in range(processes)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


@contextmanager
def slow_machine() -> Iterator[None]:
    """A clock that runs `SLOWNESS` times faster."""
    clock = time.perf_counter
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "perf_counter", lambda: SLOWNESS * clock())
        yield


def n_cut(reasons):
    return sum(json.loads(reason).get("cut", False) for reason in reasons)


def test_no_shipped_agent_has_a_limit_of_time():
    for folder in shipped_agents().values():
        overload = AgentSettings.load(folder).overload
        assert (overload.seconds, overload.total_seconds) == (0, 0)
        assert overload.simulations > 0


@pytest.mark.parametrize("changed", [{}, {"simulations": FEW_SIMULATIONS}], ids=["shipped", "few"])
def test_decisions_are_alike_under_load_and_on_a_slow_machine(engine, changed):
    with busy_machine():
        under_load = decisions(engine, **changed)
    with slow_machine():
        slow = decisions(engine, **changed)
    assert under_load == slow
    rules = {json.loads(reason)["rule"] for reason in slow}
    assert rules >= {"plan", "redispatching"}
    assert bool(n_cut(slow)) == bool(changed)


def test_a_limit_of_seconds_makes_a_slow_machine_decide_otherwise(engine):
    """So the clock of these tests is the one that an agent reads."""
    with slow_machine():
        slow = decisions(engine, seconds=0.05)
    assert n_cut(slow)
