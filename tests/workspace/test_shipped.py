"""Each shipped agent has a card, loads on the bundled environment of its name, plays legally."""

import json
import shutil
from contextlib import closing

import numpy as np
import pytest

from powrl.editions.editions import EDITIONS
from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment, single_mixes
from powrl.player.agent import load_agent
from powrl.player.agent_folder import AGENT_FILE, CARD_FILE, AgentSettings
from powrl.player.lookahead.batch import BatchSimulator
from powrl.workspace.shipped import shipped_agents

STRESS = 1.03
"""The most loaded line is brought to this at the start, so that the agent has to act."""

STEPS = 8


@pytest.fixture(params=sorted(shipped_agents()))
def shipped(request):
    """A shipped agent's folder and its environment, stressed."""
    folder = shipped_agents()[request.param]
    first_mix = single_mixes(Scenarios(AgentSettings.load(folder).environment))[0]
    environment = open_environment(first_mix)
    observation = start_episode(environment, 0, 0)
    limits = environment.get_thermal_limit()
    environment.set_thermal_limit(limits * np.float32(observation.rho.max() / STRESS))
    yield folder, environment
    environment.close()


def test_it_loads_and_decides_legally(shipped):
    folder, environment = shipped
    assert (folder / CARD_FILE).read_text().startswith("# Agent for ")
    observation = start_episode(environment, 0, 0)
    agent = load_agent(folder, environment)
    assert isinstance(agent.manager._simulator, BatchSimulator)
    rules = []
    agent.on_decision = lambda _, decision: rules.append(decision.rule)
    done, steps = False, 0
    while not done and steps < STEPS:
        observation, _, done, info = environment.step(agent.act(observation, 0.0))
        assert not info["is_illegal"]
        assert not info["is_ambiguous"]
        steps += 1
    assert {"remedy", "plan", "security"} & set(rules)


def test_every_edition_has_an_agent():
    environments = {AgentSettings.load(folder).environment for folder in shipped_agents().values()}
    for edition in EDITIONS.values():
        assert environments & set(edition.environments), edition.title


def test_a_second_episode_is_decided_as_the_first_of_another_agent(tmp_path):
    """A server plays all episodes with one agent, `powrl score` each with its own."""
    shutil.copytree(shipped_agents()["l2rpn_icaps_2021/search"], tmp_path / "limited")
    path = tmp_path / "limited" / AGENT_FILE
    body = json.loads(path.read_text())
    body["overload"] |= {"seconds": 60.0, "total_seconds": 6000.0, "total_steps": 7000}
    path.write_text(json.dumps(body))
    played = []
    with closing(open_environment(Scenarios("l2rpn_icaps_2021"))) as environment:
        used, fresh = (load_agent(path.parent, environment) for _ in range(2))
        for agent, seed in ((used, 1), (used, 0), (fresh, 0)):
            observation = start_episode(environment, "Scenario_august_21_wk1", seed)
            actions = []
            for _ in range(STEPS):
                actions.append(agent.act(observation, 0.0))
                observation, *_ = environment.step(actions[-1])
            played.append(np.stack([action.to_vect() for action in actions]))
    assert played[2].any()
    np.testing.assert_array_equal(played[1], played[2])
