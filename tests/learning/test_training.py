"""Training is reproducible, resumes exactly, and exports what its network computes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")

import torch

from powrl.agent import load_agent
from powrl.configuration import Configuration, load_configuration
from powrl.errors import PowrlError
from powrl.grid.environments import Scenarios, open_environment
from powrl.learning.checkpoint import load_checkpoint
from powrl.learning.export import export_policy
from powrl.learning.training import make_model, train
from powrl.policy.network import Policy

QUICK = [
    "environment=l2rpn_case14_sandbox",
    "scenarios.train.names='0000'",
    "scenarios.validation.names='0001'",
    "overload.critical_rho=0.8",
    "observation=[line_load, cooldown]",
    "training.timesteps=192",
    "training.environments=2",
    "training.n_steps=16",
    "training.batch_size=16",
    "training.n_epochs=2",
    "training.layers=[16]",
    "training.checkpoint_every=2",
    "training.evaluate_every=2",
]
"""Six rollouts of 32 decisions: three segments, validated in the middle and at the end."""


def configuration(*more: str) -> Configuration:
    return load_configuration("case14", [*QUICK, *more])


def run_in(folder: Path, *more: str, resume: bool = False) -> tuple[list[dict], Policy]:
    folder.mkdir(exist_ok=True)
    agent = train(configuration(*more), folder, "test", resume=resume)
    return curve_of(folder), Policy.load(agent / "policy.npz")


def curve_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines()]


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    (path,) = folder.glob("checkpoint-*.pt")
    return torch.load(path, weights_only=True)["policy"]


def same_weights(one: Path, other: Path) -> bool:
    mine, theirs = weights_of(one), weights_of(other)
    return all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "finished"
    run_in(folder)
    return folder


def test_the_same_seed_gives_the_same_weights(finished, tmp_path):
    curve, _ = run_in(tmp_path / "again")
    assert curve == curve_of(finished)
    assert same_weights(finished, tmp_path / "again")


def test_another_seed_gives_other_weights(finished, tmp_path):
    run_in(tmp_path / "other", "training.seed=1", "training.timesteps=64")
    assert not same_weights(finished, tmp_path / "other")


def test_the_curve_has_a_line_per_rollout_and_validation(finished):
    curve = curve_of(finished)
    rollouts = [row["timesteps"] for row in curve if "validation" not in row]
    validations = [row["timesteps"] for row in curve if "validation" in row]
    assert rollouts == [32, 64, 96, 128, 160, 192]
    assert validations == [128, 192]
    assert all(0 < row["survival"] <= 1 for row in curve if "survival" in row)


def test_the_agent_is_the_best_of_the_validations(finished):
    validations = [row for row in curve_of(finished) if "validation" in row]
    best = max(validations, key=lambda row: row["validation"])
    text = (finished / "agent" / "README.md").read_text()
    assert f"timesteps: `{best['timesteps']}`" in text
    assert f"validation survival: `{round(best['validation'], 4)}`" in text
    environment = open_environment(Scenarios("l2rpn_case14_sandbox"))
    agent = load_agent(finished / "agent", environment)
    assert agent.settings.observation == ("line_load", "cooldown")
    environment.close()


def test_the_exported_policy_computes_what_the_network_computes():
    model, environments = make_model(configuration())
    environments.seed(0)
    raw = []
    environments.reset()
    for _ in range(20):
        environments.step(np.zeros(2, dtype=int))
        raw.append(environments.get_original_obs())
    policy = export_policy(model, environments, "relu")
    for observation in np.concatenate(raw):
        normalised = torch.as_tensor(environments.normalize_obs(observation)).float()[None]
        logits = model.policy.get_distribution(normalised).distribution.logits
        mine = policy.logits(observation)
        np.testing.assert_allclose(
            mine - mine.max(), (logits - logits.max()).detach().numpy()[0], atol=1e-4
        )
    environments.close()


def test_a_killed_run_resumes_to_the_same_curve_and_weights(finished, tmp_path):
    folder = tmp_path / "killed"
    overrides = [part for each in QUICK for part in ("--set", each)]
    command = [
        sys.executable,
        "-m",
        "powrl",
        "train",
        "case14",
        "--output",
        str(folder),
        *overrides,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(folder.glob("checkpoint-*.pt")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (checkpoint,) = folder.glob("checkpoint-*.pt")
    assert checkpoint.stem < "checkpoint-000000192"
    subprocess.run(
        [sys.executable, "-m", "powrl", "train", "--resume", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert curve_of(folder) == curve_of(finished)
    assert same_weights(folder, finished)


def test_resuming_a_finished_run_changes_nothing(finished):
    before = curve_of(finished)
    train(configuration(), finished, "test", resume=True)
    assert curve_of(finished) == before


def test_a_finished_run_can_be_made_longer(tmp_path):
    """Also one that ended in the middle of a segment."""
    folder = tmp_path / "longer"
    run_in(folder, "training.timesteps=32")
    curve, _ = run_in(folder, "training.timesteps=64", resume=True)
    assert [row["timesteps"] for row in curve if "validation" not in row] == [32, 64]


def test_nothing_to_resume_is_refused(tmp_path):
    with pytest.raises(PowrlError, match="has no checkpoint to resume from"):
        load_checkpoint(tmp_path, None, None)


@pytest.mark.parametrize("keep", [0, 100, 5000])
def test_a_damaged_checkpoint_is_refused(finished, tmp_path, keep):
    (path,) = finished.glob("checkpoint-*.pt")
    (tmp_path / path.name).write_bytes(path.read_bytes()[:keep])
    with pytest.raises(PowrlError, match="is damaged or of another configuration"):
        train(configuration(), tmp_path, "test", resume=True)


def test_a_damaged_curve_is_refused(finished, tmp_path):
    for path in (*finished.glob("checkpoint-*.pt"), finished / "curve.jsonl"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "curve.jsonl").open("a") as file:
        file.write('{"timesteps": 64')
    with pytest.raises(PowrlError, match=r"curve\.jsonl is damaged"):
        train(configuration(), tmp_path, "test", resume=True)


def test_a_checkpoint_of_another_network_is_refused(finished, tmp_path):
    (path,) = finished.glob("checkpoint-*.pt")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(PowrlError, match="is damaged or of another configuration"):
        train(configuration("training.layers=[8]"), tmp_path, "test", resume=True)
