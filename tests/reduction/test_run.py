"""A run gives the same with any number of processes, stopped and resumed or not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from powrl.player.actions.action_set import ActionSet
from powrl.player.errors import PowrlError
from powrl.reduction.report import write_results
from powrl.reduction.run import play_scenario, reduce_actions
from powrl.reduction.scope import begin, prepare, require_same_run, split
from powrl.reduction.settings import ReductionSettings, read_settings
from powrl.reduction.states import CAUSES
from powrl.reduction.storage import load_states

SETTINGS = ReductionSettings(
    environment="l2rpn_case14_sandbox", scenarios="000[01]", states=6, sizes=(4, 9)
)
START = {"command": "powrl reduce", "versions": {"powrl": "0"}}


@pytest.fixture(scope="module")
def scope():
    return prepare(SETTINGS)


def run(folder, scope, jobs=1, on_progress=lambda *_: None):
    reduction = reduce_actions(folder, SETTINGS, scope, jobs, on_progress)
    return reduction, write_results(folder, reduction, START)


@pytest.fixture(scope="module")
def done(scope, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    begin(folder, SETTINGS, scope, START)
    return folder, *run(folder, scope)


def results(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_stopped_and_resumed_it_gives_the_same(done, scope, tmp_path):
    begin(tmp_path, SETTINGS, scope, START)

    for stop in (("playing", 1), ("evaluating", 1)):

        def stopped(doing, finished, _, stop=stop):
            if (doing, finished) == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, scope, on_progress=stopped)
        # what a killed process leaves behind
        (tmp_path / "states" / f"{scope.scenarios[1]}.npz.0a1b.partial").write_bytes(b"half")
    seen = []
    run(tmp_path, scope, jobs=2, on_progress=lambda *counts: seen.append(counts))
    assert seen[0] == ("playing", 2, 2)  # not played again
    assert results(tmp_path) == results(done[0])


def test_what_it_writes(done, scope):
    folder, reduction, document = done
    sets = {
        size: ActionSet.load(folder / f"actions-{size}.json", scope.layout)
        for size in (4, 9, "all")
    }
    assert [len(action_set) for action_set in sets.values()] == [4, 9, len(reduction.pool)]
    assert sets[9].actions[:4] == sets[4].actions
    assert sets["all"].actions[:9] == sets[9].actions
    assert json.loads((folder / "summary.json").read_text()) == document
    assert document["tried"] == len(reduction.pool) >= document["enumerated"]
    rows = (folder / "table.csv").read_text().splitlines()
    assert len(rows) == 1 + document["tried"]
    assert rows[1].startswith("1,4,sub_")
    page = (folder / "report.html").read_text()
    assert "<img" in page
    assert document["actions"][0]["action"] in page
    assert (folder / "report.png").read_bytes().startswith(b"\x89PNG")


def test_held_out_scenarios_are_not_chosen_on(done, scope):
    _, reduction, document = done
    assert len(scope.chosen_on) == len(scope.held_out) == 1
    assert document["chosen_on"]["n_states"] == len(reduction.chosen_on.loads) <= 6
    for row in document["sizes"]:
        assert row["held_out"]["solvable"] >= row["held_out"]["solved"]
        assert sum(cause["n_states"] for cause in row["causes"].values()) == len(
            reduction.held_out.loads
        )
        assert set(row["causes"]) <= set(CAUSES)
    assert document["sizes"][-1]["held_out"]["share"] == 1


def test_a_quarter_of_the_scenarios_is_held_out_by_the_seed():
    names = [f"scenario {number:02}" for number in range(17)]
    chosen_on, held_out = split(names, 0)
    assert sorted((*chosen_on, *held_out)) == names
    assert len(held_out) == 4
    assert split(names, 0) == (chosen_on, held_out) != split(names, 1)
    assert [len(split(names[:n], 0)[1]) for n in (1, 2, 3, 4)] == [0, 1, 1, 1]


def test_grid2op_itself_finds_the_same_states(done, scope):
    name = scope.scenarios[0]
    on_grid2op = SETTINGS.model_copy(update={"engine": "grid2op"})
    slow = play_scenario(on_grid2op, name, 0)
    fast = load_states(done[0] / "states" / f"{name}.npz", SETTINGS.digest(name))
    assert len(slow) == len(fast) > 0
    for one, other in zip(slow, fast, strict=True):
        assert (one.cause, one.step) == (other.cause, other.step)
        np.testing.assert_array_equal(one.state.topology, other.state.topology)
        np.testing.assert_array_equal(one.state.injections.load_p, other.state.injections.load_p)


def test_other_scenarios_than_at_the_beginning_are_refused(done, scope, tmp_path):
    require_same_run(done[0], SETTINGS, scope)
    body = json.loads((done[0] / "run.json").read_text())
    body["held_out"] = ["another"]
    (tmp_path / "run.json").write_text(json.dumps(body))
    with pytest.raises(PowrlError, match="the scenarios are not those that"):
        require_same_run(tmp_path, SETTINGS, scope)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(PowrlError, match=r"run\.json cannot be read .*; begin a new run"):
        require_same_run(tmp_path, SETTINGS, scope)


def test_changed_files_of_a_scenario_are_refused(done, scope):
    name = scope.scenarios[0]
    changed = replace(scope, files={**scope.files, name: "0" * 64})
    with pytest.raises(PowrlError, match=f"the time series of the scenario {name}, .* reduction"):
        require_same_run(done[0], SETTINGS, changed)


def test_other_settings_than_at_the_beginning_are_refused(done, scope):
    require_same_run(done[0], SETTINGS.model_copy(update={"sizes": (3,)}), scope)
    changed = SETTINGS.model_copy(update={"critical_rho": 0.5})
    with pytest.raises(PowrlError, match=r"critical_rho in .*settings\.yaml is not what the run"):
        require_same_run(done[0], changed, scope)


def test_a_damaged_file_of_states_is_named(done, scope, tmp_path):
    name = f"{scope.scenarios[0]}.npz"
    content = bytearray((done[0] / "states" / name).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 50] = bytes(50)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PowrlError, match=r"is damaged .*; remove it, and --resume makes it again"):
        load_states(tmp_path / name, SETTINGS.digest(scope.scenarios[0]))


class TestSettings:
    def test_the_file_gives_them_back(self, tmp_path):
        (tmp_path / "s.yaml").write_text(SETTINGS.to_yaml())
        assert read_settings(str(tmp_path / "s.yaml"), {}) == SETTINGS
        assert read_settings(str(tmp_path / "s.yaml"), {"seed": 3}).seed == 3

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("environment: a\nsize: 3", "size: unknown key, did you mean 'sizes'?"),
            ("seed: 1", "environment: this key is missing"),
            ("- 1", "are empty or no mapping of keys to values"),
            ("a: [", "are no YAML"),
            ("environment: a\nsizes: [9, 4]", "whole numbers of 1 or more that rise"),
            ("environment: a\nstates: 0", "states: 0 was given, allowed: input should be greater"),
        ],
    )
    def test_what_is_wrong_is_named(self, text, complaint, tmp_path):
        (tmp_path / "s.yaml").write_text(text)
        with pytest.raises(PowrlError, match=complaint):
            read_settings(str(tmp_path / "s.yaml"), {})

    @pytest.mark.parametrize(
        ("key", "value"), [("states", 10**30), ("screened", 10**30), ("sizes", ["5", str(10**30)])]
    )
    def test_numbers_that_the_file_could_not_be_read_with_are_refused(self, key, value):
        with pytest.raises(PowrlError, match=f"{key}: .* was given, allowed: whole numbers of 64"):
            read_settings("a", {key: value})
