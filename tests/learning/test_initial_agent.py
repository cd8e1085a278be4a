"""A training that starts from an agent."""

import json
import shutil

import numpy as np
import pytest

pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")

from powrl.learning.training import resume_training, train_configuration
from powrl.player.errors import PowrlError
from powrl.player.policy.network import Policy
from tests.learning.test_training import QUICK, curve_of, same_weights

OVERRIDES = [*QUICK, "training.timesteps=60"]


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    run = tmp_path_factory.mktemp("run") / "run"
    return train_configuration("case14", run, [*OVERRIDES, "training.seed=3"], jobs=1)


def test_a_training_starts_from_the_weights_of_an_agent(agent, tmp_path):
    overrides = [*OVERRIDES, "training.learning_rate=1e-8", "training.final_learning_rate=1e-8"]
    tuned = train_configuration("case14", tmp_path / "run", overrides, init=agent, jobs=1)
    before, after = (Policy.load(folder / "policy.npz") for folder in (agent, tuned))
    for first, second in zip(before.weights, after.weights, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)
    np.testing.assert_allclose(before.mean, after.mean, rtol=0.05)
    # the first validation is that of the agent
    best = max(row.get("validation", 0) for row in curve_of(agent.parent))
    assert curve_of(tmp_path / "run")[0]["validation"] == pytest.approx(best)


def test_it_is_resumed_exactly(agent, tmp_path):
    whole = [*OVERRIDES, "training.timesteps=400"]
    train_configuration("case14", tmp_path / "whole", whole, init=agent, jobs=1)
    with pytest.raises(KeyboardInterrupt):
        train_configuration("case14", tmp_path / "parts", whole, init=agent, jobs=1, on_row=_Stop())
    resume_training(tmp_path / "parts", jobs=1)
    assert curve_of(tmp_path / "parts") == curve_of(tmp_path / "whole")
    assert same_weights(tmp_path / "parts", tmp_path / "whole")


class _Stop:
    """Stops a training after some rows."""

    def __init__(self) -> None:
        self._rows = 0

    def __call__(self, _: dict) -> None:
        self._rows += 1
        if self._rows == 3:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("observation=[line_load]", r"the agent reads \['line_load', 'cooldown'\]"),
        ("training.layers=[8]", "layers of .* units with relu, the configuration of"),
        ("training.activation=tanh", "with relu, the configuration of .* with tanh"),
    ],
)
def test_an_agent_that_does_not_fit_is_refused(agent, tmp_path, override, message):
    with pytest.raises(PowrlError, match=message):
        train_configuration("case14", tmp_path / "run", [*OVERRIDES, override], init=agent)
    assert not (tmp_path / "run").exists()


def test_other_actions_are_refused(agent, tmp_path):
    other = shutil.copytree(agent, tmp_path / "agent")
    body = json.loads((other / "actions.json").read_text())
    body["actions"] = body["actions"][:5]
    (other / "actions.json").write_text(json.dumps(body))
    with pytest.raises(PowrlError, match=r"has other actions; set actions=.*actions\.json"):
        train_configuration("case14", tmp_path / "run", OVERRIDES, init=other)


def test_no_agent_is_refused(tmp_path):
    with pytest.raises(PowrlError, match="there is no agent 'nowhere'"):
        train_configuration("case14", tmp_path / "run", OVERRIDES, init="nowhere")
