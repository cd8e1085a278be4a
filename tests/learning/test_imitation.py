"""The search as a teacher: lessons are what it simulates, and a network learns to rank alike."""

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")


from powrl.configuration.learning_sections import ImitationSettings
from powrl.learning import course, rollout, teacher
from powrl.learning.algorithms.maskable_ppo import MaskablePPOAlgorithm
from powrl.learning.environment import PowRLEnvironment
from powrl.learning.imitation import _split, _with_a_way_out
from powrl.learning.lessons import Lessons
from powrl.learning.requirements import require_usable
from powrl.learning.teacher import (
    LESSONS_FOLDER,
    _choice,
    play_lessons,
    record_lessons,
)
from powrl.player.agent_folder import ACTIONS_FILE
from powrl.player.errors import PowrlError
from tests.agents import make_agent_folder
from tests.learning.test_training import (
    algorithm_for,
    configuration,
    curve_of,
    run_in,
    same_weights,
)


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> tuple[str, ...]:
    """Settings of a training with few episodes, and few actions, all of which a lesson ranks."""
    agent = make_agent_folder(tmp_path_factory.mktemp("few"), "l2rpn_case14_sandbox")
    short = ("imitation.episodes=2", "imitation.epochs=2", "training.timesteps=64")
    return (*short, f"actions={agent / ACTIONS_FILE}")


@pytest.fixture(scope="module")
def environment():
    environment = PowRLEnvironment(configuration())
    yield environment
    environment.close()


def equal(one: Lessons, other: Lessons) -> bool:
    return all(np.array_equal(part, vars(other)[name]) for name, part in vars(one).items())


class Hopeless:
    """An environment in which every action ends the episode."""

    gamma = 0.9

    def reset(self, seed):
        return np.array([seed], dtype=np.float32), {}

    def ranks(self):
        return np.full(3, np.inf)

    def step(self, action):
        assert action == 0
        return None, -1.0, True, False, {"passed": 1, "scenario": "a"}


def test_a_lesson_ranks_actions_as_the_remedy_does(environment):
    environment.reset(seed=1)
    ranks = environment.ranks()
    allowed = environment.action_masks()
    assert np.isinf(ranks[~allowed]).all()
    manager, observation = environment._manager, environment._episode.observation
    situation = manager.situation(observation, lambda situation: np.flatnonzero(situation.allowed))
    candidates = manager.decide_in(situation).candidates
    simulated = [situation.rank(candidate.outcome) for candidate in candidates]
    np.testing.assert_allclose(ranks[np.flatnonzero(allowed)][: len(simulated)], simulated)


def test_an_episode_follows_from_its_seed(environment):
    settings = ImitationSettings(exploration=0.5)
    one, again, other = (play_lessons(environment, settings, seed) for seed in (3, 3, 4))
    assert equal(one, again)
    assert not equal(one, other)
    assert len(one) > 1
    assert one.ranks.shape == (len(one), environment.action_space.n)


def test_without_exploration_the_best_action_is_played(environment):
    lessons = play_lessons(environment, ImitationSettings(exploration=0.0), 5)
    features, _ = environment.reset(seed=5)
    for lesson in range(min(len(lessons), 20)):
        np.testing.assert_array_equal(features, lessons.features[lesson])
        features, *_ = environment.step(int(lessons.ranks[lesson].argmin()))


def test_returns_are_discounted_by_grid_steps(environment):
    lessons = play_lessons(environment, ImitationSettings(exploration=0.0), 5)
    environment.reset(seed=5)
    for lesson in range(min(len(lessons) - 1, 20)):
        _, reward, *_, info = environment.step(int(lessons.ranks[lesson].argmin()))
        later = environment.gamma ** info["passed"] * lessons.returns[lesson + 1]
        assert lessons.returns[lesson] == pytest.approx(reward + later, rel=1e-4)


def test_where_every_action_ends_the_episode_nothing_is_done():
    lessons = play_lessons(Hopeless(), ImitationSettings(exploration=1.0), 1)
    assert (len(lessons), lessons.scenario) == (1, "a")


def test_exploration_plays_what_is_no_worse_than_nothing():
    settings, random = ImitationSettings(exploration=1.0, tried=3), np.random.default_rng(0)
    rank = np.array([0.5, 0.1, 0.2, 0.9, np.inf])
    assert {_choice(rank, settings, random) for _ in range(40)} == {0, 1, 2}
    rank[0] = 0.15
    assert {_choice(rank, settings, random) for _ in range(40)} == {0, 1}


def test_whole_scenarios_are_held_out():
    def episode(name):
        return Lessons(np.zeros((1, 1)), np.zeros((1, 2)), np.zeros(1), name)

    learned, held_out = _split([episode(name) for name in "abcabcdab"], 0.25)
    assert [episode.scenario for episode in learned] == list("abcabcab")
    assert [episode.scenario for episode in held_out] == ["d"]
    learned, held_out = _split([episode("a")] * 3, 0.99)
    assert (len(learned), len(held_out)) == (1, 2)


def test_hopeless_lessons_alone_are_refused():
    hopeless = Lessons(np.zeros((1, 1)), np.full((1, 2), np.inf), np.zeros(1), "a")
    with pytest.raises(PowrlError, match=r"give more imitation\.episodes"):
        _with_a_way_out([hopeless])


def test_a_single_episode_is_refused():
    with pytest.raises(PowrlError, match=r"imitation\.episodes: .* some are held out"):
        configuration("imitation.episodes=1")


def test_a_contingency_that_is_no_line_is_refused_before_anything_is_played():
    with pytest.raises(PowrlError, match="the grid has no line 'nope'"):
        require_usable(configuration("overload.contingencies=[nope]"))


def test_processes_and_stops_change_nothing(quick, tmp_path):
    settings = configuration(*quick, "imitation.episodes=4")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    seen: list[int] = []
    one = record_lessons(settings, tmp_path / "one", 1, seen.append)
    assert seen == [0, 1, 2, 3, 4]
    (tmp_path / "one" / LESSONS_FOLDER / "00002.npz").unlink()
    again = record_lessons(settings, tmp_path / "one", 1, seen.append)
    assert seen[5:] == [3, 4]
    two = record_lessons(settings, tmp_path / "two", 2, seen.append)
    for lessons in (again, two):
        assert all(equal(*pair) for pair in zip(one, lessons, strict=True))


def test_damaged_lessons_are_named(tmp_path):
    path = tmp_path / "a.npz"
    Lessons(np.zeros((1, 2)), np.zeros((1, 3)), np.zeros(1), "a").save(path, "this")
    assert Lessons.load(path, "this").scenario == "a"
    with pytest.raises(PowrlError, match=r"a\.npz was made from another configuration"):
        Lessons.load(path, "that")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(PowrlError, match=r"a\.npz is damaged .*; remove it, and --resume"):
        Lessons.load(path, "this")


def test_a_network_learns_to_rank_as_the_teacher(environment):
    """The best action follows from the features; some are illegal, some lessons hopeless."""
    learner = algorithm_for(environment, "training.layers=[64]")
    n_features, n_actions = learner.policy().n_features, learner.policy().n_actions
    random = np.random.default_rng(0)
    weights = random.normal(size=(n_features, n_actions))

    def episode() -> Lessons:
        features = random.normal(size=(60, n_features)).astype(np.float32)
        ranks = (features @ weights / np.sqrt(n_features)).astype(np.float32)
        ranks[:, 1::7] = np.inf
        ranks[0] = np.inf
        name = str(random.integers(12))
        return Lessons(features, ranks, features[:, 0] * 10, name)

    rows: list[dict] = []
    settings = ImitationSettings(temperature=0.5, epochs=30, batch_size=64)
    lessons = [episode() for _ in range(30)]
    learner.imitate(lessons, settings, rows.append)
    assert [row["epoch"] for row in rows] == list(range(1, 31))
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]
    assert rows[-1]["regret"] < 0.5 * rows[0]["regret"]
    assert rows[-1]["found"] > 0.8


@pytest.fixture(scope="module")
def finished(quick, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "imitated"
    run_in(folder, *quick)
    return folder


def test_training_begins_with_what_was_imitated(finished):
    curve = curve_of(finished)
    assert [row.get("epoch") for row in curve[:4]] == [None, 1, 2, None]
    assert all("validation" in row for row in (curve[0], curve[3]))
    assert curve[3]["timesteps"] == 0
    assert curve[-1]["timesteps"] >= 64


class StopError(Exception):
    """Stands for a process that is killed."""


def stop_and_go_on(folder, quick, monkeypatch, owner, name, stopping):
    """A run that ends where `stopping` takes the place of something, resumed without it."""
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stopping)
        with pytest.raises(StopError):
            run_in(folder, *quick)
    run_in(folder, *quick, resume=True)


@pytest.mark.parametrize(
    "where",
    ["draw_trajectory", "learn", "imitate", "play_lessons", "_validate"],
)
def test_a_run_that_is_stopped_goes_on_to_the_same_weights(
    quick, finished, tmp_path, monkeypatch, where
):
    owners = {
        "draw_trajectory": rollout,
        "learn": MaskablePPOAlgorithm,
        "imitate": MaskablePPOAlgorithm,
        "play_lessons": teacher,
        "_validate": course.Course,
    }
    name = where.rpartition(".")[2]
    stop_and_go_on(tmp_path, quick, monkeypatch, owners[where], name, _raises(StopError))
    assert curve_of(tmp_path) == curve_of(finished)
    assert same_weights(tmp_path, finished)


@pytest.mark.parametrize("call", [2, 3, 4])
def test_a_run_stopped_before_a_checkpoint_is_written_goes_on(
    quick, finished, tmp_path, monkeypatch, call
):
    """After the validation that belongs to it; the first one is there."""
    save, calls = course.save_checkpoint, iter(range(1, 100))

    def stop_at(*arguments):
        if next(calls) == call:
            raise StopError
        return save(*arguments)

    stop_and_go_on(tmp_path, quick, monkeypatch, course, "save_checkpoint", stop_at)
    assert curve_of(tmp_path) == curve_of(finished)
    assert same_weights(tmp_path, finished)


def test_a_run_stopped_within_its_epochs_has_none_of_them_twice(
    quick, finished, tmp_path, monkeypatch
):
    def stop_after_one(*arguments):
        arguments[-1]({"epoch": 1})
        raise StopError

    stop_and_go_on(tmp_path, quick, monkeypatch, MaskablePPOAlgorithm, "imitate", stop_after_one)
    assert curve_of(tmp_path) == curve_of(finished)


def test_a_trained_run_without_its_checkpoint_is_not_begun_anew(quick, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    for path in (tmp_path / "run").glob("checkpoint-*"):
        path.unlink()
    with pytest.raises(PowrlError, match="has no checkpoint to resume from"):
        run_in(tmp_path / "run", *quick, resume=True)


def _raises(error):
    def raising(*_):
        raise error

    return raising
