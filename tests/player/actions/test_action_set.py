"""The action file is readable, validated, and its actions are what grid2op plays."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powrl.player.actions.action_set import ActionSet, TopologyAction
from powrl.player.actions.grid_action import GridAction
from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout
from powrl.player.grid.positions import Positions
from powrl.reduction.enumeration import unitary_topologies

TOY = GridLayout(
    ("west", "east"),
    (
        ("line a origin", "line b origin", "load c", "generator d"),
        ("line a extremity", "line b extremity"),
    ),
)


@pytest.fixture
def actions(case14_layout) -> ActionSet:
    return unitary_topologies(case14_layout)


@pytest.fixture
def written(actions, tmp_path):
    path = tmp_path / "actions.json"
    actions.save(path)
    return path


def test_round_trip(actions, case14_layout, written):
    assert ActionSet.load(written, case14_layout) == actions


CONNECTED = [(1, 1, 1, 1), (1, 2, 1, 2), (1, 2, 2, 1), (2, 1, 1, 2), (2, 1, 2, 1)]


@given(st.lists(st.sampled_from(CONNECTED), unique=True))
def test_any_actions_survive_the_file(tmp_path_factory, busbars):
    path = tmp_path_factory.mktemp("actions") / "a.json"
    actions = ActionSet(TOY, tuple(TopologyAction(0, busbar) for busbar in busbars))
    actions.save(path)
    assert ActionSet.load(path, TOY) == actions


def test_the_file_names_what_is_on_which_busbar(actions, written):
    row = json.loads(written.read_text())["actions"][1]
    action = actions.actions[1]
    elements = actions.layout.elements[action.substation]
    assert row["substation"] == actions.layout.substations[action.substation]
    for key, busbar in (("busbar_1", 1), ("busbar_2", 2)):
        assert row[key] == [e for e, b in zip(elements, action.busbars, strict=True) if b == busbar]


def test_each_action_does_in_grid2op_what_the_set_says(case14, actions):
    observation, positions = case14.get_obs(), Positions.from_grid2op(case14)
    for action in actions:
        built = GridAction.of_substation(
            positions, action.substation, action.busbars, observation.topo_vect
        )
        after = observation + built.to_grid2op(case14.action_space)
        part = actions.layout.part(action.substation)
        np.testing.assert_array_equal(after.topo_vect[part], action.busbars)
        rest = np.delete(np.arange(case14.dim_topo), np.arange(case14.dim_topo)[part])
        np.testing.assert_array_equal(after.topo_vect[rest], observation.topo_vect[rest])


def test_an_action_leaves_a_disconnected_line_alone(case14, case14_layout):
    line = 5
    observation, _, done, _ = case14.step(case14.action_space({"set_line_status": [(line, -1)]}))
    assert not done
    substation = int(case14.line_or_to_subid[line])
    size = len(case14_layout.elements[substation])
    action = GridAction.of_substation(
        Positions.from_grid2op(case14), substation, [1] * size, observation.topo_vect
    )
    observation, _, _, info = case14.step(action.to_grid2op(case14.action_space))
    assert not info["is_illegal"]
    assert not observation.line_status[line]


def test_allowed_leaves_out_cooldown_and_what_changes_nothing(case14, actions):
    observation = case14.get_obs()
    reference = np.array([set(action.busbars) == {1} for action in actions])
    np.testing.assert_array_equal(actions.allowed(observation), ~reference)
    observation.time_before_cooldown_sub[1] = 2
    np.testing.assert_array_equal(
        actions.allowed(observation), ~reference & (actions.substations != 1)
    )
    chosen = int(np.flatnonzero(actions.substations == 4)[0])
    observation.topo_vect[actions.layout.part(4)] = actions.actions[chosen].busbars
    assert not actions.allowed(observation)[chosen]


def test_describe_names_the_second_busbar():
    assert ActionSet(TOY, (TopologyAction(0, (1, 2, 1, 2)),)).describe(0) == (
        "west: line b origin, generator d on busbar 2"
    )


def test_a_disconnecting_action_is_refused(tmp_path):
    path = tmp_path / "a.json"
    ActionSet(TOY, (TopologyAction(0, (1, 1, 2, 2)),)).save(path)
    with pytest.raises(PowrlError, match="action 0: it disconnects"):
        ActionSet.load(path, TOY)


def test_an_action_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "a.json"
    ActionSet(TOY, (TopologyAction(0, (1, 2, 1, 2)),) * 2).save(path)
    with pytest.raises(PowrlError, match="action 1: it is there twice"):
        ActionSet.load(path, TOY)


def test_another_grid_is_refused(written, neurips):
    with pytest.raises(PowrlError, match=r"actions.json is for a grid of 14 substations.*36"):
        ActionSet.load(written, GridLayout.from_grid2op(neurips))


def _drop_element(row):
    row["busbar_1"] = row["busbar_1"][1:]


def _double_element(row):
    row["busbar_2"] = [*row["busbar_2"], row["busbar_1"][0]]


def _unknown_element(row):
    row["busbar_1"] = [*row["busbar_1"], "load x"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.pop("busbar_2"), "needs just the keys"),
        (lambda row: row.update(substation="sub_99"), "no substation 'sub_99'"),
        (lambda row: row.update(busbar_1="x"), "busbar_1 is not a list"),
        (_unknown_element, "has no element 'load x'"),
        (_double_element, "is named twice"),
        (_drop_element, "is on no busbar"),
    ],
)
def test_a_wrong_action_is_named(written, case14_layout, change, message):
    body = json.loads(written.read_text())
    change(body["actions"][3])
    written.write_text(json.dumps(body))
    with pytest.raises(PowrlError, match=f"action 3: .*{message}"):
        ActionSet.load(written, case14_layout)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not readable as JSON"),
        ("[]", "is not an action file"),
        ('{"format": "powrl action set 1"}', "lacks its actions"),
        ('{"format": "powrl action set 1", "actions": []}', "has no grid"),
        ('{"format": "powrl action set 1", "actions": [], "grid": {"a": 5}}', "has no grid"),
        ('{"format": "powrl action set 1", "actions": [], "grid": {"a": [5]}}', "has no grid"),
    ],
)
def test_what_is_no_action_file_is_refused(tmp_path, case14_layout, text, message):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(PowrlError, match=message):
        ActionSet.load(path, case14_layout)


def test_a_missing_file_is_refused(tmp_path, case14_layout):
    with pytest.raises(PowrlError, match="cannot read the action file"):
        ActionSet.load(tmp_path / "missing.json", case14_layout)


def test_an_unwritable_place_is_refused(actions, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PowrlError, match="cannot write"):
        actions.save(tmp_path / "file" / "actions.json")


def test_candidates_are_the_allowed_actions_ready_to_be_played(case14, actions):
    topology = np.ones(case14.dim_topo, dtype=np.int32)
    topology[[case14.line_or_pos_topo_vect[4], case14.line_ex_pos_topo_vect[4]]] = -1
    cooldown = np.zeros(case14.n_sub, dtype=np.int32)
    cooldown[1] = 2
    indices, candidates = actions.candidates(topology, cooldown)
    np.testing.assert_array_equal(indices, np.flatnonzero(actions.allowed_in(topology, cooldown)))
    assert 0 < len(indices) < len(actions)
    for index, candidate in zip(indices, candidates, strict=True):
        action, positions = actions.actions[index], Positions.from_grid2op(case14)
        expected = GridAction.of_substation(positions, action.substation, action.busbars, topology)
        np.testing.assert_array_equal(candidate.set_bus, expected.set_bus)
        np.testing.assert_array_equal(candidate.set_line_status, expected.set_line_status)
