"""Alerts are raised for the lines whose loss ends the episode."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.operator_warnings import Alert
from powrl.player.agent import load_agent
from powrl.player.agent_folder import AGENT_FILE
from powrl.player.errors import PowrlError
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.make_simulator import batch_simulator
from powrl.player.rules.alert import STEPS_BETWEEN_LOOKS
from powrl.workspace.shipped import find_agent
from tests.agents import make_agent_folder
from tests.player.rules.situations import (
    actions_of,
    grid_of,
    legal_in_order,
    manager_of,
    overload,
)

IDF = "l2rpn_idf_2023"


class Losses:
    """A simulator in which the loss of some lines ends the episode, that of others is illegal."""

    batch, batch_size = None, 1

    def __init__(self, *deadly):
        self.deadly = set(deadly)
        self.illegal = set()
        self.looks = 0

    def state_of(self, observation):
        del observation

    def evaluate(self, observation, actions):
        assert observation.current_step >= 0
        return self.evaluate_state(None, actions)

    def evaluate_state(self, state, actions):
        del state
        self.looks += 1
        lost = [np.flatnonzero(action.set_line_status == -1).item() for action in actions]
        return [
            SimpleNamespace(
                legal=line not in self.illegal,
                game_over=line in self.deadly and line not in self.illegal,
                max_rho=0.5,
            )
            for line in lost
        ]


class Alerts:
    """The manager of a grid with alerts, which warns step after step."""

    def __init__(self, environment, lines, simulator, **settings):
        grid = grid_of(environment, alertable_lines=np.array(lines))
        settings = {"alert": True, "plan": False, **settings}
        self._manager = manager_of(environment, simulator, grid, **settings)

    def lines(self, observation):
        """The numbers of the alerts of a step."""
        situation = self._manager.situation(observation, legal_in_order)
        warned = self._manager.warn(situation, situation.nothing)
        alert = warned.action.part(Alert)
        if alert is None:
            assert warned is situation.nothing
            return []
        return np.flatnonzero(alert.values).tolist()


def seen(step, topology=(1, 1), out=()):
    line_status = np.ones(20, dtype=bool)
    line_status[list(out)] = False
    return SimpleNamespace(current_step=step, topo_vect=np.array(topology), line_status=line_status)


def test_it_is_for_the_lines_whose_loss_ends_the_episode(case14):
    alerts = Alerts(case14, [5, 7, 2], Losses(2, 7))
    assert alerts.lines(seen(0)) == [1, 2]


def test_it_looks_now_and_then_and_where_the_topology_has_changed(case14):
    simulator, last = Losses(2), 2 * STEPS_BETWEEN_LOOKS - 1
    alerts = Alerts(case14, [2], simulator)
    for step in range(last):
        assert alerts.lines(seen(step)) == [0]
    assert simulator.looks == 2
    simulator.deadly.clear()
    assert alerts.lines(seen(last, (1, 2))) == []
    assert simulator.looks == 3
    assert alerts.lines(seen(0, (1, 2))) == []  # of the next episode
    assert simulator.looks == 4
    alerts.lines(seen(3, (1, 2)))
    assert simulator.looks == 4
    alerts.lines(seen(2, (1, 2)))  # of one that begins later than at its start
    assert simulator.looks == 5


def test_it_looks_no_more_often_than_every_so_many_steps(case14):
    simulator = Losses(2)
    alerts, looks = Alerts(case14, [2], simulator), []
    for step in range(3 * STEPS_BETWEEN_LOOKS):
        before = simulator.looks
        alerts.lines(seen(step))
        looks.append(simulator.looks - before)
    assert np.flatnonzero(looks).tolist() == [0, STEPS_BETWEEN_LOOKS, 2 * STEPS_BETWEEN_LOOKS]


def test_an_attack_waits_for_no_cooldown(case14):
    lines, observation = np.arange(case14.n_line), case14.get_obs()
    only_way = int(np.flatnonzero(case14.line_ex_to_subid == 7).item())  # to a generator
    free = Alerts(case14, lines, batch_simulator(case14)).lines(observation)
    assert only_way in free
    assert len(free) < len(lines)
    observation.time_before_cooldown_line[only_way] = 3
    alerts = Alerts(case14, lines, batch_simulator(case14))
    assert alerts.lines(observation) == free


def test_where_simulate_alone_tells_the_last_answer_stays(case14):
    simulator = Losses(2, 7)
    alerts = Alerts(case14, [5, 7, 2], simulator)
    assert alerts.lines(seen(0)) == [1, 2]
    simulator.illegal = {2, 5}
    simulator.deadly = {5}
    assert alerts.lines(seen(STEPS_BETWEEN_LOOKS)) == [2]
    assert alerts.lines(seen(0)) == []  # nothing is known in another episode


def test_a_line_that_is_out_cannot_be_attacked(case14):
    simulator = Losses(2, 7)
    alerts = Alerts(case14, [5, 7, 2], simulator)
    assert alerts.lines(seen(0, (1, 1))) == [1, 2]
    simulator.illegal = {7}
    assert alerts.lines(seen(1, (1, -1), out=[7])) == [2]
    assert alerts.lines(seen(2, (1, 1))) == [1, 2]  # back, and in cooldown


def test_a_loss_that_no_action_answers_is_warned_of_from_a_load_on(case14):
    lines, observation = np.arange(case14.n_line), overload(case14, (0.9, 0.8, 0.7))
    batch, actions = batch_simulator(case14), actions_of(case14)
    positions, state = Positions.from_grid2op(case14), batch.state_of(observation)
    least = []
    for line in lines.tolist():
        after = state.without_line(positions, line)
        _, answers = actions.candidates(after.topology, after.substation_cooldown)
        answers.append(GridAction.nothing(positions))
        alive = [one for one in batch.evaluate_state(after, answers) if one.max_rho < np.inf]
        least.append(np.min([one.rho for one in alive], axis=0).max() if alive else np.inf)
    load = float(np.median([load for load in least if load < np.inf]))
    settings = {"actions": actions, "alert_load": load}
    fatal = Alerts(case14, lines, batch).lines(observation)
    warned = Alerts(case14, lines, batch, **settings).lines(observation)
    assert warned == sorted({*fatal, *np.flatnonzero(np.array(least) >= load).tolist()})
    assert len(fatal) < len(warned) < len(lines)


def alert_rule(agent):
    (rule,) = (rule for rule in agent.manager.rules if rule.name == "alert")
    return rule


def test_grid2op_takes_them_as_a_legal_action(monkeypatch):
    environment = open_environment(Scenarios(IDF))
    observation = start_episode(environment, 0, 0)
    agent = load_agent(find_agent(f"{IDF}/search"), environment)
    losses = Losses(*environment.alertable_line_ids[[3, 8]].tolist())
    monkeypatch.setattr(alert_rule(agent), "simulator", SimpleNamespace(batch=losses))
    action = agent.act(observation, 0.0)
    assert agent.failed_decisions == 0
    assert np.flatnonzero(action.raise_alert).tolist() == [3, 8]
    observation, _, _, info = environment.step(action)
    environment.close()
    assert not info["is_illegal"]
    assert not info["is_ambiguous"]
    assert np.flatnonzero(observation.active_alert).tolist() == [3, 8]


def test_an_error_among_alerts_leaves_the_action(monkeypatch):
    environment = open_environment(Scenarios(IDF))
    observation = start_episode(environment, 0, 0)
    agent = load_agent(find_agent(f"{IDF}/search"), environment)
    played = environment.action_space({"set_line_status": [(0, -1)]})
    decision = SimpleNamespace(action=_Played(played), cut=False)
    monkeypatch.setattr(agent.manager, "decide_in", lambda _: decision)
    monkeypatch.setattr(alert_rule(agent), "simulator", None)
    assert agent.act(observation, 0.0) is played
    assert agent.failed_decisions == 1
    environment.close()


class _Played:
    def __init__(self, action):
        self._action = action

    def to_grid2op(self, _):
        return self._action


def test_an_environment_without_alerts_is_refused(case14, tmp_path):
    folder = make_agent_folder(tmp_path / "agent", "rte_case14_realistic")
    body = json.loads((folder / AGENT_FILE).read_text())
    body["overload"]["alert"] = True
    (folder / AGENT_FILE).write_text(json.dumps(body))
    with pytest.raises(PowrlError, match=r"set overload\.alert to false"):
        load_agent(folder, case14)
