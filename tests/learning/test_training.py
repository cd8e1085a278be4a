"""Training is reproducible, resumes exactly, and exports what its network computes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")

import torch
from threadpoolctl import threadpool_info, threadpool_limits
from typer.testing import CliRunner

from powrl.cli.main import app
from powrl.configuration.loading import load_configuration
from powrl.configuration.sections import Configuration
from powrl.environments.opening import Scenarios, open_environment
from powrl.learning.algorithms.base import Algorithm
from powrl.learning.algorithms.making import make_algorithm
from powrl.learning.checkpoint import Progress, load_checkpoint, save_checkpoint
from powrl.learning.curve import read_curve
from powrl.learning.environment import PowRLEnvironment
from powrl.learning.rollout import Trajectory, draw_trajectory
from powrl.learning.training import train
from powrl.player.agent import load_agent
from powrl.player.agent_folder import AgentSettings
from powrl.player.errors import PowrlError
from powrl.player.policy.network import Policy
from powrl.workspace.agent_index import HEADINGS

QUICK = [
    "environment=l2rpn_case14_sandbox",
    "scenarios.train.names='000[02]'",
    "scenarios.validation.names='0001'",
    "overload.critical_rho=0.8",
    "observation=[line_load, cooldown]",
    "training.timesteps=1000",
    "training.episodes=1",
    "training.batch_size=16",
    "training.n_epochs=2",
    "training.layers=[16]",
    "training.checkpoint_every=1",
    "training.evaluate_every=2",
]
"""Five rollouts of one episode, validated at the start, after every second one and at the end."""


def configuration(*more: str) -> Configuration:
    return load_configuration("case14", [*QUICK, *more])


def run_in(
    folder: Path, *more: str, resume: bool = False, jobs: int = 1
) -> tuple[list[dict], Policy]:
    folder.mkdir(exist_ok=True)
    agent = train(configuration(*more), folder, "test", resume=resume, jobs=jobs)
    return curve_of(folder), Policy.load(agent / "policy.npz")


def curve_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines()]


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    (path,) = folder.glob("checkpoint-*.pt")
    return torch.load(path, weights_only=True)["policy"]


def same_weights(one: Path, other: Path) -> bool:
    first, second = weights_of(one), weights_of(other)
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "finished"
    run_in(folder)
    return folder


def test_the_same_seed_gives_the_same_weights_on_any_number_of_processes(finished, tmp_path):
    curve, _ = run_in(tmp_path / "again", jobs=2)
    assert curve == curve_of(finished)
    assert same_weights(finished, tmp_path / "again")


def test_another_seed_gives_other_weights(finished, tmp_path):
    run_in(tmp_path / "other", "training.seed=1", "training.timesteps=64")
    assert not same_weights(finished, tmp_path / "other")


def test_the_curve_has_a_line_per_rollout_and_validation(finished):
    curve = curve_of(finished)
    rollouts = [row for row in curve if "validation" not in row]
    validations = [row["timesteps"] for row in curve if "validation" in row]
    reached = [row["timesteps"] for row in rollouts]
    assert reached == sorted(reached)
    assert reached[-2] < 1000 <= reached[-1]
    assert validations == sorted({0, *reached[1::2], reached[-1]})
    assert all(row["episodes"] == 1 for row in rollouts)
    assert all(0 < row["survival"] <= 1 for row in rollouts)


def test_the_agent_is_the_best_of_the_validations(finished):
    validations = [row for row in curve_of(finished) if "validation" in row]
    best = max(validations, key=lambda row: row["validation"])
    text = (finished / "agent" / "README.md").read_text()
    assert f"timesteps: `{best['timesteps']}`" in text
    assert re.findall("^## (.+)$", text, re.M)[: len(HEADINGS)] == list(HEADINGS)
    assert f"validation survival: `{round(best['validation'], 4)}`" in text
    environment = open_environment(Scenarios("l2rpn_case14_sandbox"))
    agent = load_agent(finished / "agent", environment)
    assert agent.settings.observation == ("line_load", "cooldown")
    environment.close()


@pytest.fixture(scope="module")
def environment():
    environment = PowRLEnvironment(configuration())
    yield environment
    environment.close()


def algorithm_for(environment: PowRLEnvironment, *more: str) -> Algorithm:
    n_features, n_actions = environment.observation_space.shape[0], environment.action_space.n
    return make_algorithm(configuration(*more), n_features, int(n_actions))


def test_the_exported_policy_computes_what_the_network_computes(environment):
    learner = algorithm_for(environment)
    played = [draw_trajectory(environment, learner.policy(), "0000", seed) for seed in range(2)]
    learner.learn(played, 0)
    policy = learner.policy()
    for observation in np.concatenate([episode.features for episode in played]):
        inputs = torch.as_tensor(learner._normalisation.inputs(observation))[None]
        logits = learner.evaluate(inputs)[0]
        exported = policy.logits(observation)
        np.testing.assert_allclose(
            exported - exported.max(), (logits - logits.max()).detach().numpy()[0], atol=1e-4
        )


def test_a_trajectory_is_an_episode_of_the_environment(environment):
    policy = algorithm_for(environment).policy()
    drawn = draw_trajectory(environment, policy, "0000", 4)
    seed = int(np.random.default_rng(4).integers(2**31))
    features, _ = environment.begin("0000", seed)
    for decision in range(len(drawn)):
        np.testing.assert_array_equal(features, drawn.features[decision])
        np.testing.assert_array_equal(environment.action_masks(), drawn.masks[decision])
        assert drawn.masks[decision, drawn.actions[decision]]
        features, reward, ended, _, info = environment.step(drawn.actions[decision])
        assert drawn.rewards[decision] == pytest.approx(reward)
        assert drawn.passed[decision] == info["passed"]
    assert ended
    assert (drawn.steps, drawn.max_steps) == (info["steps"], info["max_steps"])


LONG = ("training.learning_rate=0.01", "training.timesteps=100000")


def test_the_policy_learns_what_is_rewarded(environment):
    """Each decision is rewarded for one action alone, which is not always legal."""
    learner = algorithm_for(environment, *LONG)
    n_features, n_actions = learner.policy().n_features, learner.policy().n_actions
    random = np.random.default_rng(0)

    def bandit() -> Trajectory:
        features = random.normal(size=(40, n_features)).astype(np.float32)
        masks = random.random((40, n_actions)) < 0.7
        masks[:, 0] = True
        policy = learner.policy()
        logits = [
            np.where(m, policy.logits(f), -np.inf) for f, m in zip(features, masks, strict=True)
        ]
        drawn = np.argmax(logits + random.gumbel(size=masks.shape), axis=1)
        rewards = (drawn == 0).astype(np.float32)
        return Trajectory("a", 40, 40, features, masks, drawn, rewards, np.full(40, 50))

    def share(played: list[Trajectory]) -> float:
        return float(np.mean([episode.rewards.mean() for episode in played]))

    before = share([bandit() for _ in range(10)])
    for seed in range(20):
        learner.learn([bandit() for _ in range(4)], seed)
    after = share([bandit() for _ in range(10)])
    assert before < 0.2
    assert after > 0.6
    assert learner.timesteps == 20 * 4 * 40


def test_a_rollout_without_a_decision_teaches_nothing(environment):
    learner = algorithm_for(environment)
    before = learner.policy()
    empty = np.zeros(0)
    learner.learn([Trajectory("a", 5, 5, empty, empty, empty, empty, empty)], 0)
    assert learner.timesteps == 0
    assert all(map(np.array_equal, before.weights, learner.policy().weights))


def test_scenarios_without_an_overload_are_refused(tmp_path):
    with pytest.raises(PowrlError, match=r"no line reaches 2\.0 .* lower overload\.critical_rho"):
        run_in(tmp_path, "overload.critical_rho=2.0")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="lists open files as Linux does")
def test_a_training_that_fails_leaves_no_file_open(tmp_path):
    with pytest.raises(PowrlError):
        run_in(tmp_path, "overload.critical_rho=2.0")
    opened = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert list(tmp_path.glob("tensorboard/*"))
    assert not [path for path in opened if tmp_path in path.parents]


def test_sums_are_made_by_one_thread(tmp_path):
    threads = []

    def look(_: dict) -> None:
        threads.extend(pool["num_threads"] for pool in threadpool_info())

    with threadpool_limits(2):
        train(configuration("training.timesteps=1"), tmp_path, "test", on_progress=look)
    assert set(threads) == {1}


def test_a_training_that_diverged_says_so(environment):
    learner = algorithm_for(environment)
    with torch.no_grad():
        learner.layers()[-1].bias[0] = torch.nan
    with pytest.raises(PowrlError, match=r"diverged; lower training\.learning_rate"):
        learner.policy()


def test_training_stops_when_nothing_becomes_better(tmp_path):
    more = ("training.patience=1", "training.evaluate_every=1", "training.timesteps=100000")
    curve, _ = run_in(tmp_path, *more, "overload.candidates=1", "training.learning_rate=1e-6")
    validations = [row["validation"] for row in curve if "validation" in row]
    assert validations[-1] <= max(validations[:-1])
    assert validations[:-1] == sorted(set(validations[:-1]))
    again, _ = run_in(tmp_path, *more, "training.learning_rate=1e-6", resume=True)
    assert again == curve


def test_an_evaluation_with_few_candidates_is_not_what_the_agent_ships_with(tmp_path):
    run_in(tmp_path, "training.timesteps=1", "training.evaluation_candidates=1")
    settings = AgentSettings.load(tmp_path / "agent").overload
    assert settings.candidates == configuration().overload.candidates > 1
    assert settings.plan is True


def test_a_killed_run_resumes_to_the_same_curve_and_weights(finished, tmp_path):
    folder = tmp_path / "killed"
    overrides = [part for override in QUICK for part in ("--set", override)]
    command = [
        sys.executable,
        "-m",
        "powrl",
        "train",
        "case14",
        "--output",
        str(folder),
        "--jobs=1",
        *overrides,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(folder.glob("checkpoint-*[1-9].pt")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (checkpoint,) = folder.glob("checkpoint-*.pt")
    assert torch.load(checkpoint, weights_only=True)["timesteps"] < 1000
    # in this process, which has imported all that it needs
    resumed = CliRunner().invoke(app, ["train", "--resume", str(folder), "--jobs=1"])
    assert resumed.exit_code == 0, resumed.output
    assert curve_of(folder) == curve_of(finished)
    assert same_weights(folder, finished)


def test_resuming_a_finished_run_changes_nothing(finished):
    before = curve_of(finished)
    train(configuration(), finished, "test", resume=True)
    assert curve_of(finished) == before


def test_a_finished_run_can_be_made_longer(tmp_path):
    folder = tmp_path / "longer"
    first, _ = run_in(folder, "training.timesteps=200")
    curve, _ = run_in(folder, "training.timesteps=400", resume=True)
    assert curve[: len(first)] == first
    assert curve[len(first) - 1]["timesteps"] < 400 <= curve[-1]["timesteps"]


def test_the_best_validation_is_known_without_the_curve(finished, tmp_path):
    (path,) = finished.glob("checkpoint-*.pt")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    policy = Policy.load(finished / "agent" / "policy.npz")
    algorithm = make_algorithm(configuration(), policy.n_features, policy.n_actions)
    progress = load_checkpoint(tmp_path, algorithm)
    validations = [row["validation"] for row in curve_of(finished) if "validation" in row]
    assert progress.best == max(validations)
    assert progress.lost.keys() == {"0000", "0002"}


def test_nothing_to_resume_is_refused(tmp_path):
    with pytest.raises(PowrlError, match="has no checkpoint to resume from"):
        load_checkpoint(tmp_path, None)


@pytest.mark.parametrize("keep", [0, 100, 5000])
def test_a_damaged_checkpoint_is_refused(finished, tmp_path, keep):
    (path,) = finished.glob("checkpoint-*.pt")
    (tmp_path / path.name).write_bytes(path.read_bytes()[:keep])
    with pytest.raises(PowrlError, match="is damaged or of another configuration"):
        train(configuration(), tmp_path, "test", resume=True)


@pytest.mark.parametrize("row", [b'{"timesteps": 64', b"[]", b"{}", b"\xff"])
def test_a_damaged_curve_is_refused(finished, tmp_path, row):
    (path,) = finished.glob("checkpoint-*.pt")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    lines = (finished / "curve.jsonl").read_bytes().splitlines()
    (tmp_path / "curve.jsonl").write_bytes(b"\n".join([*lines[:-1], row]))
    with pytest.raises(PowrlError, match=r"curve\.jsonl is damaged"):
        train(configuration(), tmp_path, "test", resume=True)


def test_a_changed_byte_of_a_checkpoint_is_noticed(tmp_path):
    """Torch reads it as another weight."""
    algorithm = make_algorithm(configuration(), 5, 4)
    path = save_checkpoint(tmp_path, algorithm, Progress())
    load_checkpoint(tmp_path, algorithm)
    weights = algorithm.state()["policy"]["action_net.weight"].numpy().tobytes()
    assert path.read_bytes().count(weights) == 1
    path.write_bytes(path.read_bytes().replace(weights, bytes([weights[0] ^ 1]) + weights[1:]))
    with pytest.raises(PowrlError, match="is damaged or of another configuration; remove it"):
        load_checkpoint(tmp_path, algorithm)


def test_a_curve_that_lacks_rows_is_refused(tmp_path):
    (tmp_path / "curve.jsonl").write_text('{"timesteps": 0}\n')
    assert len(read_curve(tmp_path, 1)) == 1
    with pytest.raises(PowrlError, match=r"it has 1 row in place of 2\); restore it, or"):
        read_curve(tmp_path, 2)


def test_a_lost_curve_is_told(finished, tmp_path, caplog):
    (path,) = finished.glob("checkpoint-*.pt")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    train(configuration(), tmp_path, "test", resume=True)
    rows = len(curve_of(finished))
    assert f"curve.jsonl is missing, and {rows} rows with it" in caplog.text
    caplog.clear()
    (tmp_path / "curve.jsonl").write_bytes((finished / "curve.jsonl").read_bytes())
    train(configuration(), tmp_path, "test", resume=True)
    assert not caplog.text


@pytest.fixture
def ctrl_c():
    """Ctrl-C as in a terminal: a shell that starts this in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_does_not_cut_through_the_log(monkeypatch):
    """TensorBoard's thread would wait two minutes for what no one tells it."""
    learner, written = make_algorithm(configuration(), 5, 4), []

    def dump(step: int) -> None:
        signal.raise_signal(signal.SIGINT)
        written.append(step)

    monkeypatch.setattr(learner._model.logger, "dump", dump)
    with pytest.raises(KeyboardInterrupt):
        learner.record({"a": 1.0})
    with pytest.raises(KeyboardInterrupt):
        learner.log_start("text", {}, ["a"])
    assert written == [0, 0]


def test_calm_scenarios_beside_others_end_no_training(tmp_path):
    """Two of three scenarios are calm."""
    names = ("scenarios.train.names='000[012]'", "training.curriculum=0", "training.timesteps=30")
    curve, _ = run_in(tmp_path, *names, "overload.critical_rho=0.92")
    played = [row for row in curve if "episodes" in row]
    assert played[-1]["timesteps"] >= 30


def test_a_checkpoint_of_another_network_is_refused(finished, tmp_path):
    (path,) = finished.glob("checkpoint-*.pt")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(PowrlError, match="is damaged or of another configuration"):
        train(configuration("training.layers=[8]"), tmp_path, "test", resume=True)


def test_a_checkpoint_of_another_training_is_refused(finished, tmp_path):
    (path,) = finished.glob("checkpoint-*.pt")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "run.json").write_text('{"files": {"configuration.yaml": "another"}}')
    with pytest.raises(PowrlError, match="is of another training"):
        train(configuration(), tmp_path, "test", resume=True)
