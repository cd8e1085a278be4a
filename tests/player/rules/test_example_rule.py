"""The example of a rule of one's own: one new file and no edit of powrl."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from powrl.configuration.loading import load_configuration
from powrl.learning.environment import PowRLEnvironment
from powrl.player.agent import load_agent
from powrl.submission.package import package_agent
from tests.agents import make_agent_folder

EXAMPLE = Path(__file__).parents[3] / "examples" / "plugins" / "my_rules.py"
RULE = {"my_rules:Disconnection": {"limit": 0.1}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An agent with the rule."""
    folder = make_agent_folder(tmp_path_factory.mktemp("agents") / "mine", "rte_case14_realistic")
    (folder / "plugins").mkdir()
    shutil.copy(EXAMPLE, folder / "plugins")
    body = json.loads((folder / "agent.json").read_text())
    body["overload"] = {"critical_rho": 0.3, **RULE}
    (folder / "agent.json").write_text(json.dumps(body))
    return folder


def test_it_takes_part_in_the_decisions_of_an_agent(case14, folder):
    agent = load_agent(folder, case14)
    names = [rule.name for rule in agent.manager.rules]
    assert names.index("disconnection") == names.index("plan") + 1
    observation = case14.get_obs()
    line = int(np.argmax(observation.rho))
    decision = agent.decide(observation)
    assert decision.candidates[-1].label == f"disconnect {case14.name_line[line]}"


def test_it_is_carried_by_a_submission(folder, tmp_path):
    with zipfile.ZipFile(package_agent(folder, tmp_path / "mine.zip")) as archive:
        assert "submission/agent/plugins/my_rules.py" in archive.namelist()


def test_it_is_trained_with(tmp_path):
    configuration = tmp_path / "mine.yaml"
    shutil.copy(EXAMPLE, tmp_path)
    configuration.write_text(
        "environment: rte_case14_realistic\n"
        f"overload: {json.dumps({'critical_rho': 0.5, **RULE})}\n"
    )
    environment = PowRLEnvironment(load_configuration(configuration))
    environment.reset(seed=0)
    assert "disconnection" in [rule.name for rule in environment._manager.rules]
    environment.step(0)
    environment.close()
