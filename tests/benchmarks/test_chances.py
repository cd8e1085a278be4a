"""The chance that an attack ends the episode, by copies that are attacked."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.chances import Draw, Point, _read, points, summary
from powrl.environments.opening import Scenarios
from powrl.player.errors import PowrlError
from powrl.postures.attacked_copy import RISKY_LOAD
from powrl.postures.settings import FIRST_STEP
from powrl.workspace.shipped import shipped_agents
from tests.conftest import NEURIPS

AGENT = "l2rpn_neurips_2020_track1/search[plan=false,redispatch=false,postures=[]]"


@given(st.integers(1, 3), st.integers(0, 9), st.integers(13, 900))
def test_steps_are_those_of_the_scenario_and_the_seed(per_day, seed, last):
    draw = Draw(per_day, seed)
    steps = draw.steps("week", last)
    assert steps == Draw(per_day, seed).steps("week", last)
    assert all(FIRST_STEP <= step < last for step in steps)
    assert len(steps) <= per_day * (last // 288 + 1)


def test_agents_are_attacked_at_the_same_steps(neurips_session):
    scenario = sorted(Path(neurips_session.get_path_env(), "chronics").iterdir())[0].name
    draw = Draw(per_day=2, seed=1, max_steps=60)
    idle = AGENT.replace("[", "[critical_rho=2.0,reconnect=false,", 1)
    acting, waiting = (points(Scenarios(NEURIPS), scenario, one, draw) for one in (AGENT, idle))
    assert [one.step for one in acting] == [one.step for one in waiting]
    for one, other in zip(acting, waiting, strict=True):
        assert sum(one.shares.values()) == pytest.approx(1)
        assert set(one.chances) == set(one.shares) == set(one.lost) == set(one.corrected)
        harmless = [line for line, load in one.lost.items() if load < RISKY_LOAD]
        assert not any(one.chances[line] for line in harmless)
        assert 0 <= one.chance <= other.chance
    assert any(other.chance for other in waiting)


def test_chances_are_foreseen_without_copies(neurips_session, tmp_path):
    """The agent whose values tell is not the one that plays."""
    scenario = sorted(Path(neurips_session.get_path_env(), "chronics").iterdir())[0].name
    shipped, draw = "l2rpn_neurips_2020_track1/search", Draw(per_day=20, max_steps=60)
    certain = shutil.copytree(shipped_agents()[shipped], tmp_path / "certain")
    body = json.loads((certain / "agent.json").read_text())
    body["overload"]["attack_values"] = [[50.0, 0.0, 0.0, 0.0]] * 10
    (certain / "agent.json").write_text(json.dumps(body))
    likely, sure = (
        points(Scenarios(NEURIPS), scenario, AGENT, draw, values)
        for values in (shipped, str(certain))
    )
    assert len(likely) > 5
    assert all(0 <= chance <= 1 for one in likely for chance in one.chances.values())
    assert 0 < sum(one.chance for one in likely) < sum(one.chance for one in sure)
    assert [one.chance for one in sure] == pytest.approx([1.0] * len(sure))


def point(agent, step, held, shares, chances):
    return Point(agent, "one", step, held, shares, 0, {}, {}, chances)


def test_agents_are_compared_at_steps_that_both_reached():
    shares = {"a": 0.25, "b": 0.75}
    played = [point("x", step, 5.0, shares, {"a": 1.0}) for step in (1, 2, 3)]
    played += [point("y", step, 1.0, shares, {"b": step == 1}) for step in (1, 2)]
    first, second = summary(played, ["x", "y"], "x")
    assert first == ("x", 2, 25.0, 5.0, "")
    assert second == ("y", 2, 37.5, 1.0, "+12.50")


def test_a_file_of_another_kind_is_refused(tmp_path):
    rows = tmp_path / "rows.jsonl"
    assert _read(rows) == []
    rows.write_text('{"agent": "x", "fatal": []}\n')
    with pytest.raises(PowrlError, match="name another one"):
        _read(rows)
