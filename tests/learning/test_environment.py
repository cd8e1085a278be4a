"""The gymnasium environment keeps the interface's promises and passes the public checkers."""

import copy
import pickle
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest

import powrl  # noqa: F401  registers the environment
from powrl.configuration.loading import load_configuration
from powrl.configuration.sections import Configuration
from powrl.learning.environment import PowRLEnvironment
from powrl.learning.reward import make_reward
from powrl.player.errors import PowrlError

BUSY = ["overload.critical_rho=0.8", "scenarios.train.names='000'"]


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_configuration("case14", BUSY)


@pytest.fixture(scope="module")
def environment(configuration):
    environment = PowRLEnvironment(configuration)
    yield environment
    environment.close()


def play(environment, decisions=25, seed=7):
    """Observations, rewards, ends and infos of a fixed course of legal actions."""
    generator = np.random.default_rng(3)
    course = [environment.reset(seed=seed)]
    for _ in range(decisions):
        action = generator.choice(np.flatnonzero(environment.action_masks()))
        course.append(environment.step(action))
        if course[-1][2] or course[-1][3]:
            course.append(environment.reset())
    return course


@pytest.mark.parametrize("redispatch", [False, True])
def test_generators_are_redispatched_where_the_training_asks_for_it(redispatch):
    course = [
        f"training.redispatch={redispatch}",
        "scenarios.data=bundled",
        "scenarios.train.folder=",
        "scenarios.train.names=Scenario_august_dummy",
    ]
    environment = PowRLEnvironment(load_configuration("neurips_2020_track1", course))
    environment.begin("Scenario_august_dummy", 0)
    assert environment._episode.observation.actual_dispatch.any() == redispatch
    environment.close()


def test_a_pickled_environment_goes_on_with_the_next_episode(environment):
    environment.reset(seed=4)
    again = pickle.loads(pickle.dumps(environment))  # noqa: S301
    np.testing.assert_array_equal(again.reset()[0], environment.reset()[0])
    again.close()


def test_a_copy_goes_on_with_the_same_episode(environment):
    environment.reset(seed=4)
    twin = copy.deepcopy(environment)
    np.testing.assert_array_equal(twin.step(0)[0], environment.step(0)[0])


def test_an_engine_of_ones_own_cannot_be_pickled(configuration, environment):
    own = PowRLEnvironment(configuration, engine=environment._engine)
    with pytest.raises(PowrlError, match="cannot be pickled"):
        pickle.dumps(own)


def test_gymnasium_finds_it(configuration):
    environment = gymnasium.make("powrl/PowRL-v0", configuration=configuration)
    observation, info = environment.reset(seed=0)
    assert environment.observation_space.contains(observation)
    assert info["scenario"] == "000"
    environment.close()


def test_the_folder_of_the_scenarios_can_be_given(case14):
    environment = gymnasium.make(
        "powrl/PowRL-v0", configuration="case14", data=case14.get_path_env()
    )
    assert environment.reset(seed=0)[1]["scenario"] == "000"
    environment.close()


def test_gymnasiums_checker_passes(configuration):
    from gymnasium.utils.env_checker import check_env

    environment = gymnasium.make("powrl/PowRL-v0", configuration=configuration)
    check_env(environment.unwrapped, skip_render_check=True)
    environment.close()


def test_stable_baselines3s_checker_passes(environment):
    check_env = pytest.importorskip("stable_baselines3.common.env_checker").check_env
    check_env(environment)


def test_the_seed_fixes_the_course(environment):
    first, second = play(environment), play(environment)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1:] == other[1:]


def test_it_stops_when_a_decision_is_due(environment):
    environment.reset(seed=1)
    for _ in range(10):
        assert environment._episode.observation.rho.max() >= 0.8
        *_, terminated, truncated, _ = environment.step(0)
        if terminated or truncated:
            break


def test_rewards_of_the_steps_between_decisions_are_discounted(configuration, environment):
    """Against the same steps played one by one."""
    environment.reset(seed=11)
    episode, manager = environment._episode.copy(), environment._manager
    observation, reward, discount = episode.observation, 0.0, 1.0
    decision = manager.decide(observation, lambda _: [4])
    action, steps = decision.action, 0
    while True:
        steps += 1
        observation = episode.step(action)
        reward += discount * make_reward(configuration)(observation, episode.game_over, False)
        discount *= configuration.training.gamma
        if episode.done or observation.rho.max() >= 0.8:
            break
        action = manager.decide(observation, lambda _: []).action
    _, learned, *_, info = environment.step(4)
    assert learned == pytest.approx(reward, rel=1e-5)
    assert info["passed"] == steps


def test_a_blackout_and_the_end_of_a_scenario_terminate():
    overrides = [*BUSY, "overload.critical_rho=1.0"]
    environment = PowRLEnvironment(load_configuration("case14", overrides))
    environment.reset(seed=0)
    terminated = truncated = False
    while not (terminated or truncated):
        observation, reward, terminated, truncated, info = environment.step(0)
    assert terminated
    assert (info["game_over"], info["is_success"]) == (True, False)
    assert info["steps"] < info["max_steps"]
    assert reward < -10
    assert np.isfinite(observation).all()
    environment.reset(seed=0)
    environment._episode.max_steps = environment._episode.steps + 1
    _, reward, terminated, truncated, info = environment.step(0)
    assert (terminated, truncated) == (True, False)
    assert (info["game_over"], info["is_success"]) == (False, True)
    assert reward > 10
    environment.close()


@pytest.mark.parametrize("action", [-1, 10**6, 0.5])
def test_an_action_outside_the_space_is_refused(environment, action):
    environment.reset(seed=0)
    with pytest.raises(ValueError, match="is not in Discrete"):
        environment.step(action)


def test_the_information_says_what_was_done_and_why(environment):
    _, info = environment.reset(seed=0)
    assert (info["is_success"], info["game_over"]) == (False, False)
    meanings = environment.action_meanings
    assert len(meanings) == len(set(meanings)) == environment.action_space.n
    assert meanings[0] == "do nothing"
    action = int(np.flatnonzero(environment.action_masks())[1])
    *_, info = environment.step(action)
    assert info["action_meaning"] == meanings[action]
    assert info["rule"] in ("remedy", "reconnection")
    assert info["choice"] in (meanings[action], "do nothing")
    assert "simulated actions" in info["why"] or "below" in info["why"]
    assert all(sentence.startswith("step ") for sentence in info["between"])


def test_it_draws_the_map(configuration):
    environment = PowRLEnvironment(configuration, render_mode="rgb_array")
    environment.reset(seed=0)
    before = environment.render()
    assert before.dtype == np.uint8
    assert before.shape[2] == 3
    environment.step(int(np.flatnonzero(environment.action_masks())[1]))
    assert (environment.render() != before).any()
    environment.close()


def test_drawing_is_refused_where_it_cannot_be(environment):
    with pytest.raises(PowrlError, match="make it with render_mode='rgb_array'"):
        environment.render()
    with pytest.raises(PowrlError, match="no render_mode 'ansi'; give 'rgb_array'"):
        PowRLEnvironment("case14", render_mode="ansi")


def test_unknown_options_of_a_reset_are_refused(environment):
    with pytest.raises(PowrlError, match="no option 'seed', 'week'; it has 'scenario' alone"):
        environment.reset(options={"week": 1, "seed": 2})
    with pytest.raises(PowrlError, match=r"options \['scenario'\] of reset are no mapping; give"):
        environment.reset(options=["scenario"])


@pytest.mark.parametrize("seed", [-1, 0.5, "1"])
def test_a_seed_that_is_none_is_refused(environment, seed):
    with pytest.raises(PowrlError, match=r"seed: .* was given; it needs to be a whole number of 0"):
        environment.reset(seed=seed)


def test_a_seed_of_numpy_is_that_of_python(environment):
    one, _ = environment.reset(seed=np.int64(5))
    other, _ = environment.reset(seed=5)
    assert np.array_equal(one, other)


@pytest.mark.parametrize("engine", [0, "fast"])
def test_an_engine_is_an_open_one(configuration, engine):
    with pytest.raises(PowrlError, match=r"engine: .* was given; it needs to be an open engine"):
        gymnasium.make("powrl/PowRL-v0", configuration=configuration, engine=engine)


def test_a_closed_environment_plays_nothing(configuration, environment, monkeypatch):
    monkeypatch.setattr(environment._engine, "close", lambda: None)  # others play with it
    closed = PowRLEnvironment(configuration, engine=environment._engine)
    closed.reset(seed=0)
    closed.close()
    for play_on in (closed.reset, closed.action_masks, lambda: closed.step(0)):
        with pytest.raises(RuntimeError, match="the environment is closed; make another one"):
            play_on()


def test_an_unknown_split_is_refused():
    with pytest.raises(PowrlError, match="no split 'all'; give train or validation or test"):
        PowRLEnvironment("case14", split="all")


def test_only_actions_are_described(environment):
    assert environment.describe(0) == "do nothing"
    for action in (-1, 10**6):
        with pytest.raises(ValueError, match="is not in Discrete"):
            environment.describe(action)


def test_a_scenario_can_be_chosen(environment):
    _, info = environment.reset(options={"scenario": "000"})
    assert info["scenario"] == "000"
    with pytest.raises(PowrlError, match="no scenario '999'"):
        environment.reset(options={"scenario": "999"})


def test_a_grid_that_stays_calm_is_refused():
    configuration = load_configuration("case14", ["environment=l2rpn_case14_sandbox"])
    configuration = configuration.model_copy(
        update={"scenarios": type(configuration.scenarios)(), "overload": _calm(configuration)}
    )
    environment = PowRLEnvironment(configuration)
    with pytest.raises(PowrlError, match=r"no line reaches 2.0 of its limit in any scenario"):
        environment.reset(seed=0)
    environment.close()


def _calm(configuration):
    return type(configuration.overload)(critical_rho=2.0)


@pytest.mark.parametrize(
    ("rho", "game_over", "survived", "expected"),
    [
        ([0.2, 0.5], False, False, 1.5),
        ([0.2, 0.95], False, False, 0.1),
        ([1.5, 0.2], False, False, -1.0),
        ([0.5, 0.2], False, True, 51.5),
        ([0.0, 0.0], True, False, -50.0),
    ],
)
def test_the_reward_of_a_step(configuration, rho, game_over, survived, expected):
    observation = SimpleNamespace(rho=np.array(rho))
    reward = make_reward(configuration)(observation, game_over, survived)
    assert reward == pytest.approx(expected)
