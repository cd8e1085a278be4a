"""The search as a teacher: lessons are what it simulates, and a network learns to rank alike."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")

from powrl.configuration import ImitationSettings
from powrl.errors import PowrlError
from powrl.learning.checkpoint import has_checkpoint
from powrl.learning.environment import PowRLEnvironment
from powrl.learning.imitation import imitate
from powrl.learning.teacher import LESSONS_FOLDER, Lessons, play_lessons, record_lessons
from powrl.learning.training import make_model
from tests.learning.test_training import configuration, curve_of, run_in, same_weights

QUICK = ("imitation.episodes=4", "imitation.epochs=2", "training.timesteps=64")


@pytest.fixture(scope="module")
def environment():
    environment = PowRLEnvironment(configuration())
    yield environment
    environment.close()


def equal(one: Lessons, other: Lessons) -> bool:
    return all(np.array_equal(mine, vars(other)[name]) for name, mine in vars(one).items())


def test_a_lesson_ranks_actions_as_the_remedy_does(environment):
    environment.reset(seed=1)
    manager, observation = environment._manager, environment._episode.observation
    ranks = environment.ranks()
    allowed = environment.action_masks()
    assert np.isinf(ranks[~allowed]).all()
    candidates = manager.remedy(observation, np.flatnonzero(allowed).tolist()).candidates
    simulated = [manager._rank(each.outcome) for each in candidates]
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


def test_processes_and_stops_change_nothing(tmp_path):
    settings = configuration(*QUICK)
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
    Lessons(np.zeros((1, 2)), np.zeros((1, 3)), np.zeros(1)).save(path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(PowrlError, match=r"a\.npz is damaged .*; remove it, and --resume"):
        Lessons.load(path)


def test_a_network_learns_to_rank_as_the_teacher():
    """The best action follows from the features; some are illegal, some lessons hopeless."""
    model, normalisation = make_model(configuration("training.layers=[64]"))
    n_features = model.observation_space.shape[0]
    n_actions = int(model.action_space.n)
    random = np.random.default_rng(0)
    weights = random.normal(size=(n_features, n_actions))

    def episode() -> Lessons:
        features = random.normal(size=(60, n_features)).astype(np.float32)
        ranks = (features @ weights / np.sqrt(n_features)).astype(np.float32)
        ranks[:, 1::7] = np.inf
        ranks[0] = np.inf
        return Lessons(features, ranks, features[:, 0] * 10)

    rows: list[dict] = []
    settings = ImitationSettings(temperature=0.5, epochs=30, batch_size=64)
    imitate(model, normalisation, [episode() for _ in range(30)], settings, rows.append)
    normalisation.close()
    assert [row["epoch"] for row in rows] == list(range(1, 31))
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]
    assert rows[-1]["regret"] < 0.5 * rows[0]["regret"]
    assert rows[-1]["found"] > 0.8


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "imitated"
    run_in(folder, *QUICK)
    return folder


def test_training_begins_with_what_was_imitated(finished):
    curve = curve_of(finished)
    assert [row.get("epoch") for row in curve[:2]] == [1, 2]
    assert curve[2]["timesteps"] == 0
    assert "validation" in curve[2]
    assert curve[-1]["timesteps"] == 64


def test_a_run_stopped_during_its_lessons_goes_on(finished, tmp_path):
    (tmp_path / LESSONS_FOLDER).mkdir()
    for name in ("00000.npz", "00001.npz"):
        content = (finished / LESSONS_FOLDER / name).read_bytes()
        (tmp_path / LESSONS_FOLDER / name).write_bytes(content)
    assert not has_checkpoint(tmp_path)
    run_in(tmp_path, *QUICK, resume=True)
    assert curve_of(tmp_path) == curve_of(finished)
    assert same_weights(tmp_path, finished)
