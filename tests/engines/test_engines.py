"""Engines: what they refuse, what they share, and that agents do not notice which it is."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from grid2op.Exceptions import NoForecastAvailable
from grid2op.Opponent import RandomLineOpponent
from grid2op.Parameters import Parameters

from powrl.engines.fast.engine import FastEngine, exact_episode
from powrl.engines.fast.observation import SteppedObservation
from powrl.engines.fast.opponent import Attacks
from powrl.engines.fast.scenario import read_scenario
from powrl.engines.grid2op_engine import Grid2opEngine
from powrl.engines.opening import open_engine
from powrl.environments.episodes import start_episode
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.actions.action_set import ActionSet
from powrl.player.actions.grid_action import GridAction
from powrl.player.actions.redispatch import Redispatch
from powrl.player.agent import PowRLAgent, load_agent
from powrl.player.agent_folder import ACTIONS_FILE, AgentSettings, load_policy
from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.player.lookahead.batch import BatchSimulator
from powrl.player.lookahead.forecast import ForecastSimulator
from powrl.player.policy.features import Features
from powrl.player.policy.groups import GROUPS
from powrl.testing.comparison import differences
from powrl.workspace.shipped import find_agent

CASE14 = Scenarios("rte_case14_realistic")
NEURIPS = Scenarios("l2rpn_neurips_2020_track1")
NEURIPS_SCENARIO = "Scenario_february_dummy"


@pytest.fixture(scope="module")
def fast():
    engine = open_engine("fast", NEURIPS)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def judge():
    engine = open_engine("grid2op", NEURIPS)
    yield engine
    engine.close()


def test_the_shipped_agent_is_the_same_agent_on_both(fast, judge):
    """But for plans and postures, which need candidates in batches, and redispatching."""
    folder = find_agent("l2rpn_neurips_2020_track1/powrl")
    shipped = AgentSettings.load(folder)
    overload = shipped.overload.replaced(plan=False, redispatch=False, postures=())
    settings = replace(shipped, overload=overload)
    actions = ActionSet.load(folder / ACTIONS_FILE, GridLayout.from_grid2op(fast.grid))
    policy = load_policy(folder, settings)
    courses = []
    for engine in (fast, judge):
        simulator = engine.simulator()
        agent = PowRLAgent(engine.grid.action_space, settings, actions, policy, simulator)
        episode, decisions = engine.start(engine.scenarios[1], 4001), []
        while not episode.done and episode.steps < 100:
            decision = agent.decide(episode.observation)
            reason = decision.to_json(episode.observation)
            for number in (reason, *reason["candidates"]):
                number["max_rho"] = number["max_rho"] and round(number["max_rho"], 3)
            decisions.append(reason)
            episode.step(decision.action)
        courses.append((episode.game_over, decisions))
    assert courses[0] == courses[1]
    assert {"remedy", "reconnection", "recovery"} <= {
        decision["rule"] for decision in courses[0][1]
    }


def test_features_are_the_same_on_both(fast, judge):
    features = Features(tuple(GROUPS))
    one, other = (engine.start(engine.scenarios[0], 5) for engine in (fast, judge))
    for _ in range(30):
        shown, true = features(one.observation), features(other.observation)
        np.testing.assert_allclose(shown, true, rtol=1e-5, atol=1e-4)
        one.step()
        other.step()
    assert features.size(one.observation) == len(shown)


def test_many_episodes_at_the_same_time(fast):
    """Taking turns changes nothing."""
    alone = []
    for seed in range(3):
        episode = fast.start(fast.scenarios[0], seed)
        alone.append([episode.step().rho.copy() for _ in range(20)])
    episodes = [fast.start(fast.scenarios[0], seed) for seed in range(3)]
    for step in range(20):
        for seed, episode in enumerate(episodes):
            np.testing.assert_array_equal(episode.step().rho, alone[seed][step])


def test_an_exact_episode_has_the_floats_of_grid2op(judge):
    """To the last bit, which the episodes of the engine, that start warm, have not."""
    environment, scenario, seed = open_environment(NEURIPS), NEURIPS_SCENARIO, 1
    exact = exact_episode(environment, start_episode(environment, scenario, seed))
    warm = exact_episode(environment, start_episode(environment, scenario, seed))
    warm._warm = True
    true = judge.start(scenario, seed)
    differ = np.zeros(2, dtype=int)
    while not true.done:
        exact.step()
        warm.step()
        true.step()
        for name in ("load_p", "gen_p", "p_or", "q_or", "rho"):
            values = getattr(true.observation, name)
            differ += [(getattr(e.observation, name) != values).sum() for e in (exact, warm)]
    assert (exact.steps, exact.game_over) == (true.steps, true.game_over) == (196, True)
    assert differ[0] == 0 < differ[1]
    environment.close()


def test_generation_is_foreseen_as_simulate_has_it(judge, monkeypatch):
    environment, scenario = open_environment(NEURIPS), NEURIPS_SCENARIO
    episode = exact_episode(environment, start_episode(environment, scenario, 1))
    true = judge.start(scenario, 1)
    positions = Positions.from_grid2op(environment)
    for line in range(0, positions.n_line, 6):
        action = GridAction.nothing(positions)
        action.set_line_status[line] = -1
        simulated, _, done, _ = true.observation.simulate(
            action.to_grid2op(judge.grid.action_space)
        )
        foreseen = episode.generation_after(action)
        assert done if foreseen is None else np.array_equal(foreseen, simulated.gen_p)
    with monkeypatch.context() as patch:
        patch.setattr(
            SteppedObservation, "time_next_maintenance", np.arange(positions.n_line), raising=True
        )
        with pytest.raises(PowrlError, match="maintenance in the next step"):
            episode.generation_after(action)
    environment.close()


def test_an_observation_is_a_snapshot(fast):
    episode = fast.start(fast.scenarios[0], 0)
    first = episode.observation
    values_before = {
        name: np.array(getattr(first, name)) for name in ("rho", "topo_vect", "gen_p", "p_or")
    }
    for _ in range(5):
        episode.step()
    for name, values in values_before.items():
        np.testing.assert_array_equal(getattr(first, name), values)
    assert episode.observation.current_step == 5
    assert episode.observation.max_step == episode.max_steps


def test_forecasts_go_one_step_ahead(fast):
    observation = fast.start(fast.scenarios[0], 0).observation
    assert len(observation.get_forecasted_inj(1)) == 4
    np.testing.assert_array_equal(observation.get_forecasted_inj(0)[2], observation.load_p)
    with pytest.raises(NoForecastAvailable):
        observation.get_forecasted_inj(2)


def test_an_episode_that_is_over_goes_no_further(fast):
    episode = fast.start(fast.scenarios[0], 0)
    while not episode.done:
        episode.step()
    with pytest.raises(RuntimeError, match="the episode is over; start another one"):
        episode.step()


def test_engines_bring_their_simulator(fast, judge, caplog):
    assert isinstance(fast.simulator(), BatchSimulator)
    assert isinstance(judge.simulator(), ForecastSimulator)
    with caplog.at_level(logging.INFO, logger="powrl"):
        open_engine("grid2op", CASE14).close()
    assert "are played by the engine grid2op" in caplog.text


def with_parameters(**values):
    parameters = Parameters()
    for name, value in values.items():
        setattr(parameters, name, value)
    return {"param": parameters}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (with_parameters(ENV_DC=True), "its power flow is DC"),
        (with_parameters(IGNORE_MIN_UP_DOWN_TIME=False), "generators have minimum times"),
        (
            {
                "opponent_class": RandomLineOpponent,
                "kwargs_opponent": {"lines_attacked": ["1_3_3"]},
                "opponent_attack_cooldown": 12,
                "opponent_attack_duration": 6,
                "opponent_init_budget": 100.0,
                "opponent_budget_per_ts": 1.0,
            },
            r"the opponent of this environment \(RandomLineOpponent, .*can only be played by",
        ),
    ],
)
def test_what_only_grid2op_can_play_is_refused(make, reason):
    with pytest.raises(PowrlError, match=reason) as refused:
        open_engine("fast", CASE14, **make)
    assert "use the engine grid2op" in str(refused.value)
    open_engine("grid2op", CASE14, **make).close()


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
    [
        ("hazards", lambda data: np.ones((5, data.n_line), dtype=bool), "000 has hazards"),
        (
            "load_p",
            lambda data: data.load_p * np.nan,
            r"load_p.csv of 000 has no number in row 1, column 1",
        ),
        ("prod_p", lambda _: None, r"there is no prod_p.csv of 000"),
        ("chunk_size", lambda _: 10, "read in chunks"),
    ],
)
def test_time_series_of_another_kind_are_refused(case14, monkeypatch, name, spoil, message):
    data = case14.chronics_handler.real_data.data
    volts = case14.backend.prod_pu_to_kv
    read_scenario(case14, "000", volts)
    monkeypatch.setattr(data, name, spoil(data))
    with pytest.raises(PowrlError, match=message):
        read_scenario(case14, "000", volts)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("l2rpn_neurips_2020_track1", {}),
        ("l2rpn_icaps_2021", {}),
        ("l2rpn_icaps_2021", {"opponent_init_budget": 30.0, "opponent_budget_per_ts": 0.05}),
    ],
    ids=["weighted", "geometric", "poor"],
)
def test_attacks_are_those_of_grid2ops_opponent(name, make):
    """Fed with the same random loads and line statuses."""
    engine = open_engine("grid2op", Scenarios(name), cached=False, **make)
    environment, lines, failed = engine.grid, set(), False
    space = environment._oppSpace
    for seed in range(8):
        shown = engine.start(engine.scenarios[0], seed).observation.copy()
        attacks, generator = Attacks.from_environment(environment), np.random.default_rng(seed)
        for step in range(800):
            shown.rho[:] = generator.random(len(shown.rho))
            shown.line_status[:] = generator.random(len(shown.rho)) > 0.002 * (step % 2)
            attack = attacks.next(shown.line_status, shown.rho)
            true, duration = space.attack(shown, None, None)
            expected = () if true is None else tuple(np.flatnonzero(true.line_set_status).tolist())
            assert attack == expected
            assert (attacks.remaining if attack else 0) == duration
            lines.add(expected)
            failed |= space.previous_fails
            if step == 400:
                attacks = attacks.copy()
    assert len(lines) > 2
    assert failed or not make
    engine.close()


def test_nothing_of_an_observation_can_be_written_to(fast):
    episode = fast.start(fast.scenarios[0], 0)
    for _ in range(2):
        observation = episode.observation
        for name in ("rho", "topo_vect", "load_p", "gen_p", "time_before_cooldown_line", "p_or"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(observation, name)[:] = 0
        with pytest.raises(ValueError, match="read-only"):
            observation.get_forecasted_inj(1)[2][:] = 0
        episode.step()


def test_an_observation_says_what_it_lacks(fast):
    observation = fast.start(fast.scenarios[0], 0).observation
    with pytest.raises(AttributeError, match="has no 'load_theta'; use the engine grid2op"):
        observation.load_theta  # noqa: B018


def test_other_actions_cannot_be_evaluated_from_the_stepper(fast):
    observation = fast.start(fast.scenarios[0], 0).observation
    change = fast.grid.action_space({"change_line_status": [3]})
    with pytest.raises(PowrlError, match="only be evaluated from an observation of grid2op"):
        fast.simulator().evaluate(observation, [change])


def test_generators_that_nothing_is_known_of_cannot_be_moved(fast, monkeypatch):
    nothing = GridAction.nothing(Positions.from_grid2op(fast.grid))
    move = np.where(fast.grid.gen_redispatchable, 1, 0).astype(np.float32)
    legal = []
    for _ in range(2):
        episode = fast.start(fast.scenarios[0], 0)
        for redispatch in (move, np.zeros_like(move)):
            episode.step(nothing.plus(Redispatch(redispatch)))
            legal.append((episode.legal, bool(episode.observation.target_dispatch.any())))
        monkeypatch.setattr(type(fast.grid), "redispatching_unit_commitment_availble", False)
    assert legal == [(True, True), (True, True), (False, False), (True, False)]


def test_the_redispatching_of_a_shipped_agent_is_the_same_on_both(fast, judge):
    agents = [
        load_agent(find_agent("l2rpn_neurips_2020_track1/search"), judge.grid) for _ in range(2)
    ]
    episodes = [engine.start(engine.scenarios[1], 4001) for engine in (fast, judge)]
    rules = set()
    while not episodes[1].done and episodes[1].steps < 150:
        one, other = (
            agent.decide(episode.observation)
            for agent, episode in zip(agents, episodes, strict=True)
        )
        assert (one.rule, one.choice) == (other.rule, other.choice)
        moves = [decision.action.part(Redispatch) for decision in (one, other)]
        assert (moves[0] is None) == (moves[1] is None)
        if moves[0] is not None:
            # a warm power flow differs in the last digits, the program's rounding in the second
            np.testing.assert_allclose(one.action.redispatch, other.action.redispatch, atol=0.05)
        rules.add(one.rule)
        # the same action for both, that small differences do not add up
        for episode in episodes:
            episode.step(other.action)
        assert differences(*episodes) == []
    assert "redispatching" in rules


@pytest.mark.parametrize("name", ["fast", "grid2op"])
def test_environments_without_topology_actions_are_refused(name):
    with pytest.raises(PowrlError, match="have no set_bus and no set_line_status"):
        open_engine(name, Scenarios("educ_case14_redisp"))


def test_limits_and_parameters_changed_after_opening():
    engine = open_engine("fast", CASE14)
    engine.grid.set_thermal_limit(engine.grid.get_thermal_limit() * 0.8)
    parameters = engine.grid.parameters
    parameters.NB_TIMESTEP_COOLDOWN_SUB = 7
    engine.grid.change_parameters(parameters)
    episode = engine.start("000", 0)
    now = episode.observation.rho.max()
    action = GridAction.nothing(Positions.from_grid2op(engine.grid))
    action.set_bus[: engine.grid.sub_info[0]] = 1
    assert episode.step(action).rho.max() == pytest.approx(now, rel=0.05)
    assert episode.observation.time_before_cooldown_sub[0] == 7
    engine.close()


def test_a_grid_that_loses_its_slack_ends_the_episode():
    environments = [open_environment(Scenarios("rte_case5_example")) for _ in range(2)]
    for environment in environments:
        environment.set_thermal_limit(environment.get_thermal_limit() * 1e4)
    fast, judge = FastEngine(environments[0]), Grid2opEngine(environments[1])
    episodes = [engine.start(engine.scenarios[0], 0) for engine in (fast, judge)]
    for places in ({7: 2, 8: 2}, {8: -1, 7: 1}):
        action = GridAction.nothing(Positions.from_grid2op(judge.grid))
        for place, busbar in places.items():
            action.set_bus[place] = busbar
        for episode in episodes:
            assert not episode.done
            episode.step(action)
        assert differences(*episodes) == []
    assert episodes[0].game_over
    fast.close()
    judge.close()
