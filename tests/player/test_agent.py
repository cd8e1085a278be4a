"""The agent: loading and refusing its folder, and playing on grid2op."""

import json

import numpy as np
import pytest

from powrl.engines.engine import play_episode
from powrl.engines.grid2op_engine import Grid2opEngine
from powrl.player.agent import load_agent
from powrl.player.agent_folder import ACTIONS_FILE, AGENT_FILE, POLICY_FILE
from powrl.player.errors import PowrlError
from powrl.player.policy.network import Policy
from tests.agents import make_agent_folder

CASE14 = "rte_case14_realistic"


@pytest.fixture(scope="module")
def agent_folder(tmp_path_factory):
    return make_agent_folder(tmp_path_factory.mktemp("agents") / "random", CASE14)


@pytest.fixture
def folder(agent_folder, tmp_path):
    for path in agent_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_the_agent_outlives_do_nothing_and_explains_itself(case14, folder):
    agent = load_agent(folder, case14)
    reasons = []
    agent.on_decision = lambda observation, decision: reasons.append(decision.to_json(observation))
    engine = Grid2opEngine(case14)
    nothing = play_episode(engine, "000", 0, lambda _: None)
    episode = play_episode(engine, "000", 0, lambda observation: agent.decide(observation).action)
    assert episode.steps > nothing.steps
    assert len(reasons) == episode.steps
    assert {reason["rule"] for reason in reasons} >= {"nothing", "remedy"}
    json.dumps(reasons)


def test_candidates_follow_the_policy(case14, folder):
    agent = load_agent(folder, case14)
    observation = case14.get_obs()
    observation.rho[0] = 1.5
    mask = agent.manager.situation(observation, agent.rank).allowed
    ranked = [i for i in agent.policy.rank(agent.features(observation), mask) if i > 0]
    decision = agent.manager.decide(observation, agent.rank)
    labels = [agent.manager.actions.describe(i - 1) for i in ranked]
    simulated = [candidate.label for candidate in decision.candidates[1:]]
    assert simulated == labels[: len(simulated)]


def test_an_agent_without_policy_simulates_in_the_order_of_its_file(case14, folder):
    body = json.loads((folder / AGENT_FILE).read_text())
    body["observation"] = []
    body["overload"] |= {"candidates": 5, "safe_rho": 0.0, "contingencies": ["0_1_0"]}
    (folder / AGENT_FILE).write_text(json.dumps(body))
    (folder / POLICY_FILE).unlink()
    agent = load_agent(folder, case14)
    observation = case14.get_obs()
    observation.rho[0] = 1.5
    decision = agent.decide(observation)
    allowed = np.flatnonzero(agent.manager.situation(observation, agent.rank).allowed)[1:6] - 1
    labels = [agent.manager.actions.describe(index) for index in allowed]
    assert [candidate.label for candidate in decision.candidates[1:6]] == labels


def test_a_policy_that_nothing_is_asked_for_is_refused(case14, folder):
    body = json.loads((folder / AGENT_FILE).read_text())
    body["observation"] = []
    (folder / AGENT_FILE).write_text(json.dumps(body))
    with pytest.raises(PowrlError, match="names no features that it reads"):
        load_agent(folder, case14)


def test_a_misspelt_setting_is_told_with_the_one_that_may_be_meant(case14, folder):
    body = json.loads((folder / AGENT_FILE).read_text())
    body["overload"] |= {"critical_roh": 0.9}
    (folder / AGENT_FILE).write_text(json.dumps(body))
    with pytest.raises(PowrlError, match="critical_roh: unknown key, did you mean 'critical_rho'"):
        load_agent(folder, case14)


def test_a_setting_that_was_removed_is_told_to_be_taken_out(case14, folder):
    body = json.loads((folder / AGENT_FILE).read_text())
    body["overload"] |= {"redispatch_calm": True}
    (folder / AGENT_FILE).write_text(json.dumps(body))
    with pytest.raises(PowrlError, match=r"of another version of powrl, take the key out\.$"):
        load_agent(folder, case14)


def test_an_unknown_contingency_is_refused(case14, folder):
    body = json.loads((folder / AGENT_FILE).read_text())
    body["overload"] |= {"contingencies": ["9_9_9"]}
    (folder / AGENT_FILE).write_text(json.dumps(body))
    with pytest.raises(PowrlError, match="contingencies: the grid has no line '9_9_9'"):
        load_agent(folder, case14)


def test_another_grid_is_refused_with_the_first_difference(folder, neurips):
    with pytest.raises(PowrlError, match="is for a grid of 14 substations, this grid has 36"):
        load_agent(folder, neurips)


def test_a_missing_folder_is_refused(case14, tmp_path):
    with pytest.raises(PowrlError, match="there is no agent folder"):
        load_agent(tmp_path / "missing", case14)


@pytest.mark.parametrize("name", [AGENT_FILE, POLICY_FILE, ACTIONS_FILE])
def test_a_missing_file_is_refused(case14, folder, name):
    (folder / name).unlink()
    with pytest.raises(PowrlError, match=name.split(".", maxsplit=1)[0]):
        load_agent(folder, case14)


@pytest.mark.parametrize("name", [AGENT_FILE, POLICY_FILE, ACTIONS_FILE])
def test_a_truncated_file_is_refused(case14, folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(PowrlError, match=name):
        load_agent(folder, case14)


def test_nan_weights_are_refused(case14, folder):
    arrays = Policy.load(folder / POLICY_FILE).to_arrays()
    arrays["weight_0"][0, 0] = np.nan
    np.savez(folder / POLICY_FILE, **arrays)
    with pytest.raises(PowrlError, match="not a finite number in 'weight_0'"):
        load_agent(folder, case14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "x"}, "needs the format 'powrl agent 2'"),
        ({"extra": 1}, "needs .* just the keys"),
        ({"observation": ["rho"]}, "observation groups"),
        ({"observation": ["time"]}, "features"),
        ({"overload": {"critical_rho": -1}}, "overload: critical_rho: -1 was given"),
        ({"overload": {"critical": 1}}, "overload: .*critical"),
        ({"overload": {"critical_rho": "high"}}, "overload"),
        (
            {"overload": {"candidates": 1.5}},
            "candidates: 1.5 was given, .* like 40",
        ),
        ({"overload": {"reconnect": "no"}}, "reconnect: 'no' was given"),
        ({"overload": {"safe_rho": True}}, "safe_rho: True was given"),
        ({"overload": 3}, "overload"),
        ({"observation": [["time"]]}, "observation: needs a list"),
        ({"environment": [1]}, "environment: needs the name"),
        ({"observation": None}, "observation"),
    ],
)
def test_wrong_settings_are_refused(case14, folder, change, message):
    path = folder / AGENT_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(PowrlError, match=message):
        load_agent(folder, case14)


def test_deeply_nested_settings_are_refused(case14, folder):
    (folder / AGENT_FILE).write_text("[" * 100_000)
    with pytest.raises(PowrlError, match="not readable as JSON"):
        load_agent(str(folder), case14)


def test_settings_that_are_not_readable_are_refused(case14, folder):
    (folder / AGENT_FILE).write_bytes(b"\xff\xfe{")
    with pytest.raises(PowrlError, match="not readable as JSON"):
        load_agent(folder, case14)


def test_an_error_of_a_decision_ends_no_episode_and_is_logged(case14, folder, caplog, monkeypatch):
    agent = load_agent(folder, case14)

    def fail(*_):
        raise ZeroDivisionError("of a test")

    monkeypatch.setattr(agent.manager, "decide_in", fail)
    action = agent.act(case14.get_obs(), 0.0)
    assert not action.can_affect_something()
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "ZeroDivisionError: of a test" in caplog.text
    state = json.loads(record.getMessage().partition("state: ")[2])
    assert len(state["rho"]) == case14.n_line
    assert len(state["topo_vect"]) == case14.dim_topo
    assert agent.failed_decisions == 1
    with pytest.raises(ZeroDivisionError):
        agent.decide(case14.get_obs())


def test_once_the_time_of_all_decisions_is_spent_nothing_is_done(case14, folder):
    body = json.loads((folder / AGENT_FILE).read_text())
    body["overload"] |= {"total_seconds": 0.05, "total_steps": 1000, "critical_rho": 0.01}
    (folder / AGENT_FILE).write_text(json.dumps(body))
    agent = load_agent(folder, case14)
    observation = case14.get_obs()
    rules = [agent.decide(observation).rule for _ in range(1000)]
    assert rules[0] == "remedy"
    assert rules[-1] == "nothing"


@pytest.mark.parametrize("key", ["postures", "posture_additions"])
def test_postures_that_are_no_actions_are_refused(case14, folder, key):
    body = json.loads((folder / AGENT_FILE).read_text())
    number = len(load_agent(folder, case14).manager.actions)
    body["overload"] |= {key: [0, number]}
    (folder / AGENT_FILE).write_text(json.dumps(body))
    with pytest.raises(PowrlError, match=f"{key}: there is no action {number}; the agent has"):
        load_agent(folder, case14)
