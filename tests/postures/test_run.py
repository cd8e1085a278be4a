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
        AGENT, output=folder, jobs=1, data=data, max_steps=60, states=1, postures=3, additions=2
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
    assert list(settings.posture_additions) == document["settings"]["posture_additions"]
    assert len(settings.attack_values) == 10
    changed = {key for key, value in settings.values().items() if value != before.values()[key]}
    assert changed <= {
        *("attack_pause", "attack_normalization", "attack_values", "load_growth", "postures"),
        "posture_additions",
    }
    agent = load_agent(folder / "agent", neurips_session)
    assert len(agent.manager.actions) == 240


def test_the_document_tells_what_was_played(run):
    folder, document = run
    files = sorted((folder / "scenarios").iterdir())
    played = [Played.from_json(json.loads(file.read_text())["played"]) for file in files]
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


def change_settings(folder, **changes):
    start = json.loads((folder / "run.json").read_text())
    start["settings"].update(changes)
    (folder / "run.json").write_text(json.dumps(start))


def change_number(folder):
    file = sorted((folder / "scenarios").iterdir())[0]
    body = json.loads(file.read_text())
    body["played"]["loads"][0] += 1.0
    file.write_text(json.dumps(body))


def empty(folder):
    next((folder / "scenarios").iterdir()).write_text("{}")


def swap(folder):
    first, second, *_ = sorted((folder / "scenarios").iterdir())
    shutil.copyfile(first, second)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda folder: change_settings(folder, seed=7), "was made from another scenario"),
        (lambda folder: change_settings(folder, states=3), "was made from another scenario"),
        (swap, "was made from another scenario, agent or settings"),
        (change_number, "is not as it was written; remove it"),
        (empty, "was made from another scenario"),
    ],
)
def test_an_edited_run_is_refused(run, tmp_path, edit, message):
    folder = tmp_path / "run"
    shutil.copytree(run[0], folder)
    edit(folder)
    with pytest.raises(PowrlError, match=message):
        resume(folder, jobs=1)


def test_a_run_of_another_command_is_refused_as_such(tmp_path):
    (tmp_path / "run.json").write_text('{"command": "powrl train case14"}')
    with pytest.raises(PowrlError, match=r"no run folder of powrl posture: its run\.json has no"):
        resume(tmp_path)


def test_another_number_of_postures_is_chosen_from_the_same_play(run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run[0], folder)
    change_settings(folder, postures=1)
    assert len(resume(folder, jobs=1)["settings"]["postures"]) <= 1


@pytest.mark.parametrize("inside", ["agent", "data"])
def test_a_run_inside_what_it_reads_is_refused(tmp_path, neurips_session, inside):
    places = {"agent": find_agent(AGENT), "data": neurips_session.get_path_env()}
    own = tmp_path / Path(places[inside]).name
    shutil.copytree(places[inside], own)
    places[inside] = str(own)
    with pytest.raises(PowrlError, match=r"is inside .*, which the run reads"):
        learn_postures(places["agent"], output=own / "run", jobs=1, data=places["data"])
    assert not (own / "run").exists()


def test_an_agent_that_cannot_be_copied_is_refused_before_the_play(tmp_path, neurips_session):
    own = tmp_path / "agent"
    shutil.copytree(find_agent(AGENT), own)
    (own / "dangling").symlink_to("/nowhere/at/all")
    with pytest.raises(PowrlError, match="dangling is no plain file or folder; take it out"):
        learn_postures(
            own, output=tmp_path / "run", jobs=1, data=neurips_session.get_path_env(), states=1
        )
    assert not (tmp_path / "run").exists()


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


def test_without_attacks_the_agent_keeps_what_it_has_learned_of_them(neurips_session, tmp_path):
    own, data = tmp_path / "agent", neurips_session.get_path_env()
    shutil.copytree(find_agent(AGENT), own)
    body = json.loads((own / "agent.json").read_text())
    values = [
        [-4.0, 30.0, 0.0, float(line)] for line in range(len(body["overload"]["contingencies"]))
    ]
    body["overload"] |= {"attack_values": values, "load_growth": [1.0, 1.25]}
    (own / "agent.json").write_text(json.dumps(body))
    play = {"jobs": 1, "data": data, "max_steps": 40, "attack_every": 0, "states": 2, "postures": 1}
    folder, document = learn_postures(own, output=tmp_path / "run", **play)
    assert document["settings"]["attack_values"] == values
    assert document["settings"]["posture_additions"] == []
    learned = AgentSettings.load(folder / "agent").overload
    assert [list(one) for one in learned.attack_values] == values
    assert learned.load_growth == (1.0, 1.25)


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
        ([AGENT, "--data", ".", "--max-steps", "12"], "allowed: more than 12, or 0"),
        ([AGENT, "--data", ".", "--postures", str(10**30)], "allowed: whole numbers of 64 bits"),
        ([AGENT, "--data", ".", "--states", "2000000"], "less than or equal to 1000000"),
    ],
)
def test_what_cannot_be_run_is_refused(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refusal(*arguments)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_name_of_a_scenario_is_no_pattern(neurips_session, tmp_path):
    data = tmp_path / NEURIPS
    shutil.copytree(neurips_session.get_path_env(), data)
    first, *others = sorted((data / "chronics").iterdir())
    first.rename(data / "chronics" / "week+1")
    for other in others:
        shutil.rmtree(other)
    folder, _ = learn_postures(
        AGENT,
        output=tmp_path / "run",
        jobs=1,
        data=str(data),
        max_steps=13,
        attack_every=0,
        postures=1,
    )
    assert (folder / "scenarios" / "week+1.json").is_file()


def test_an_opponent_that_draws_otherwise_is_refused(case14_session):
    data = case14_session.get_path_env()
    with pytest.raises(PowrlError, match="WeightedRandomOpponent, which draws lines"):
        learn_postures("rte_case14_realistic/powrl", data=data, jobs=1)


def test_the_bundled_environment_is_that_of_the_agent():
    assert AGENT.startswith(NEURIPS)
