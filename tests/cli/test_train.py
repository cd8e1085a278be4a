"""``powrl train``: the run folder, overrides, and what is refused."""

import json
import sys

import pytest
import yaml

QUICK = (
    "--set=environment=l2rpn_case14_sandbox",
    "--set=scenarios.train.names='0000'",
    "--set=scenarios.validation.names='0001'",
    "--set=overload.critical_rho=0.8",
    "--set=training.episodes=1",
    "--set=training.batch_size=8",
    "--set=training.layers=[8]",
)


def test_a_run_folder_with_all_that_made_it(powrl, tmp_path):
    pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")
    code, out, _ = powrl(
        "train", "case14", *QUICK, "--timesteps", 16, "--seed", 5, "--output", "run"
    )
    assert code == 0
    folder = tmp_path / "run"
    assert "powrl score run --simulated 1" in out
    configuration = yaml.safe_load((folder / "configuration.yaml").read_text())
    assert configuration["training"]["timesteps"] == 16
    assert configuration["training"]["seed"] == 5
    start = json.loads((folder / "run.json").read_text())
    assert start["command"].startswith("powrl train case14")
    assert {"powrl", "grid2op", "torch"} <= set(start["versions"])
    assert "training: " in out
    assert "grid steps/s" in out, "there is no terminal, so each rollout is a line"
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "data:image/png" in (folder / "report.html").read_text()
    _require_logged(folder / "tensorboard")
    code, out, _ = powrl("train", "--resume", "run", "--jobs", 1)
    assert code == 0
    assert "finished before: " in out
    assert {path.name for path in (folder / "agent").iterdir()} == {
        "agent.json",
        "policy.npz",
        "actions.json",
        "README.md",
    }


def _require_logged(folder):
    """TensorBoard has what its users look for."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logs = EventAccumulator(str(folder)).Reload()
    scalars = set(logs.Tags()["scalars"])
    names = ("reward", "survival", "decisions", "blackouts")
    assert {f"rollout/{name}" for name in names} <= scalars
    assert {"time/fps", "validation/survival", "train/loss"} <= scalars
    assert "configuration/text_summary" in logs.Tags()["tensors"]
    assert "_hparams_/session_start_info" in logs.summary_metadata


def test_a_quick_training_goes_through_the_whole_course(powrl, tmp_path, monkeypatch):
    pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")
    monkeypatch.setattr("powrl.learning.imitation.FOUND_AMONG", 7)
    short = ("--set=imitation.episodes=2", "--set=imitation.epochs=1", "--timesteps", 16)
    code, out, err = powrl("train", "case14", "--quick", *QUICK, *short, "--output", "run")
    assert code == 0, err
    assert "best in 7:" in out
    rows = [json.loads(line) for line in (tmp_path / "run" / "curve.jsonl").open()]
    assert [sorted(row)[0] for row in rows] == [
        "timesteps",
        "epoch",
        "timesteps",
        "blackouts",
        "timesteps",
    ]
    configuration = yaml.safe_load((tmp_path / "run" / "configuration.yaml").read_text())
    assert configuration["training"]["evaluation_candidates"] == 3


def test_without_torch_one_sentence_says_what_to_install(powrl, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("powrl.learning")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    code, _, err = powrl("train", "case14")
    assert code == 2
    assert err == (
        "powrl: powrl train needs torch, which is not installed: pip install 'powrl[train]'.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either a configuration to train from or a run folder to --resume"),
        (("case14", "--resume", "run"), "give either a configuration"),
        (("nowhere",), "there is no configuration nowhere"),
        (("case14", "--set", "training.timestep=4"), "did you mean 'timesteps'?"),
        (
            ("case14", "--timesteps", 0),
            "allowed: timesteps of 1 or more where imitation.episodes is 0",
        ),
        (
            ("case14", "--set", "training.evaluation_attacked=true"),
            "evaluation_attacked: True was given, allowed: false, or lines in attacked_lines",
        ),
        (("case14", "--set", "training.attacked_lines=[nope]"), "the grid has no line 'nope'"),
        (("case14", "--set", "training.attacked_lines=['1_3_3','1_3_3']"), "name each line once"),
        (("case14", "--set", "actions=none.json"), "cannot read the action file"),
        (("neurips_2020_track1",), "give the folder that holds l2rpn_neurips_2020_track1_train"),
        (("--resume", "missing"), "missing is no run folder of powrl train"),
        (("--resume", "run", "--quick"), "besides it only --timesteps, --data,"),
        (("--resume", "run", "--seed", 3), "besides it only --timesteps, --data,"),
        (("--resume", "run", "--set", "training.seed=3"), "besides it only --timesteps"),
        (("case14", "--set", "environment=nowhere"), "bundles no environment 'nowhere'"),
        (("case14", "--set", "scenarios.train.names=x"), "has a name that matches 'x'"),
    ],
)
def test_what_cannot_be_trained_is_refused(powrl, tmp_path, arguments, message):
    pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")
    code, _, err = powrl("train", *arguments)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.rglob("*")), "nothing is left behind"


def test_a_folder_in_use_is_refused(powrl, tmp_path):
    pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("")
    code, _, err = powrl("train", "case14", "--output", "run")
    assert code == 2
    assert "the run folder run is not empty" in err


def test_a_training_starts_from_an_agent_and_names_what_does_not_fit(powrl, tmp_path):
    pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")
    start = ("train", "case14", *QUICK, "--timesteps", 8)
    code, _, _ = powrl(*start, "--output", "first")
    assert code == 0
    code, _, err = powrl(*start, "--init", "first/agent", "--output", "second")
    assert code == 0, err
    assert (
        "--init first/agent"
        in json.loads((tmp_path / "second" / "run.json").read_text())["command"]
    )
    code, _, err = powrl(*start, "--set=training.layers=[9]", "--init", "first/agent")
    assert code == 2
    assert "set training.layers and training.activation alike" in err
    code, _, err = powrl("train", "--resume", "second", "--init", "first/agent")
    assert code == 2
    assert "besides it only --timesteps, --data," in err
