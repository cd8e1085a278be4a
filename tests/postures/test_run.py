"""``powrl posture`` as a run: an agent that has learned, the same when the run was stopped."""

import bz2
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from powrl.cli.main import app
from powrl.errors import PowrlError
from powrl.player.agent import load_agent
from powrl.player.agent_folder import AgentSettings
from powrl.postures.attack import Order, OrderedAttack
from powrl.postures.functions import learn_postures, resume
from powrl.postures.play import Attack, Played
from powrl.workspace.shipped import find_agent
from tests.conftest import NEURIPS

AGENT = "l2rpn_neurips_2020_track1/search"


@pytest.fixture(scope="module")
def run(neurips_session, tmp_path_factory):
    """A short run over the bundled scenarios."""
    folder = tmp_path_factory.mktemp("posture")
    data = neurips_session.get_path_env()
    _, document = learn_postures(
        AGENT, output=folder, jobs=1, data=data, max_steps=60, states=1, postures=3
    )
    return folder, document


def test_the_agent_has_what_was_learned(run, neurips_session):
    folder, document = run
    settings = AgentSettings.load(folder / "agent").overload
    before = AgentSettings.load(Path(find_agent(AGENT))).overload
    assert settings.attack_pause == 288
    assert settings.contingencies == before.contingencies
    assert settings.attack_normalization[:3] == (0.45, 0.45, 0.6)
    assert list(settings.postures) == document["settings"]["postures"]
    assert len(settings.attack_values) == 10
    changed = {key for key, value in settings.values().items() if value != before.values()[key]}
    assert changed <= {
        *("attack_pause", "attack_normalization", "attack_values", "load_growth", "postures"),
    }
    agent = load_agent(folder / "agent", neurips_session)
    assert len(agent.manager.actions) == 240


def test_the_document_tells_what_was_played(run):
    folder, document = run
    files = sorted((folder / "scenarios").iterdir())
    played = [Played.from_json(json.loads(file.read_text())) for file in files]
    assert all(len(one.loads) == 60 for one in played)
    attacks = [attack for one in played for attack in one.attacks]
    assert sum(line["played"] for line in document["attacks"].values()) == len(attacks)
    assert document["states"] == sum(len(one.states) for one in played) > 0
    risk = document["risk"]
    assert risk == sorted(risk, reverse=True)
    assert document["least_risk"] <= risk[-1] + 1e-4


def test_a_run_that_was_stopped_ends_with_the_same_agent(run):
    folder, document = run
    agent = (folder / "agent" / "agent.json").read_bytes()
    next((folder / "scenarios").iterdir()).unlink()
    assert resume(folder, jobs=1) == document
    assert (folder / "agent" / "agent.json").read_bytes() == agent


def moved(run, tmp_path, key, source):
    """A copy of the run, whose agent or environment folder is a copy, too."""
    folder, place = tmp_path / "run", tmp_path / "place" / Path(source).name
    shutil.copytree(run[0], folder)
    shutil.copytree(source, place)
    start = json.loads((folder / "run.json").read_text())
    start["settings"][key] = str(place)
    (folder / "run.json").write_text(json.dumps(start))
    return folder, place


def test_a_run_goes_on_with_the_same_agent_alone(run, tmp_path):
    folder, agent = moved(run, tmp_path, "agent", find_agent(AGENT))
    resume(folder, jobs=1)
    (agent / "agent.json").write_text((agent / "agent.json").read_text() + "\n")
    with pytest.raises(PowrlError, match=r"is not as it was when .* began; restore it"):
        resume(folder, jobs=1)


def test_a_run_goes_on_with_the_same_scenarios_alone(run, tmp_path, neurips_session):
    folder, data = moved(run, tmp_path, "data", neurips_session.get_path_env())
    name = sorted(path.name for path in (data / "chronics").iterdir())[0]
    table = data / "chronics" / name / "load_p.csv.bz2"
    table.write_bytes(bz2.compress(bz2.decompress(table.read_bytes()) + b"\n"))
    with pytest.raises(PowrlError, match=f"time series of the scenario {name}, or other files"):
        resume(folder, jobs=1)


def test_a_shape_of_plain_data():
    attack = Attack(3, 15, "1_2_3", 1.2, 0.9, True)
    played = Played([1.0], [0], [attack], [])
    assert Played.from_json(json.loads(json.dumps(played.to_json()))) == played


def test_only_copies_are_attacked():
    order = Order()
    order.line, order.steps = 5, 3
    opponent, rho = OrderedAttack(order), np.zeros(8)
    assert [opponent.next(rho > 1, rho) for _ in range(4)] == [()] * 4
    copy = opponent.copy()
    order.line = 6
    assert [copy.next(rho > 1, rho) for _ in range(5)] == [(5,), (5,), (5,), (), ()]
    assert opponent.next(rho > 1, rho) == ()


def refusal(*arguments):
    result = CliRunner().invoke(app, ["posture", *arguments])
    assert isinstance(result.exception, PowrlError)
    return str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either an agent that learns, or a run folder to --resume."),
        ([AGENT, "--resume", "x"], "give either an agent"),
        ([AGENT], "name the environment folder with the scenarios: --data FOLDER."),
        (["--resume", "x", "--seed", "1"], "--resume goes on with the run as it is"),
        (["--resume", "there_is_none"], "there_is_none"),
        ([AGENT, "--data", "there_is_none"], "there_is_none"),
        ([AGENT, "--data", ".", "--states", "0"], "states"),
    ],
)
def test_what_cannot_be_run_is_refused(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refusal(*arguments)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_opponent_that_draws_otherwise_is_refused(case14_session):
    data = case14_session.get_path_env()
    with pytest.raises(PowrlError, match="WeightedRandomOpponent, which draws lines"):
        learn_postures("rte_case14_realistic/powrl", data=data, jobs=1)


def test_the_bundled_environment_is_that_of_the_agent():
    assert AGENT.startswith(NEURIPS)
