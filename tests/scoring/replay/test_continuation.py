"""What is played on from a recorded step is what would have happened."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import powrl
from powrl.cli.replay import command
from powrl.player.errors import PowrlError
from powrl.scoring.recording import Recording
from powrl.scoring.replay import continuation, stages
from powrl.scoring.replay.continuation import play_on, read_action
from powrl.scoring.run_folder import RunFolder

STEPS, FROM = 12, 5
OPENED = '{"set_line_status": [["1_3_3", -1]]}'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "scored"
    powrl.score(
        "rte_case14_realistic/powrl",
        environment="rte_case14_realistic",
        seeds=1,
        max_steps=STEPS,
        jobs=1,
        scenarios="000",
        output=folder,
    )
    return folder


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Recording]]:
    """The recordings of each page that is made."""
    written: list[dict[str, Recording]] = []
    original = continuation.replay_page

    def keep(title: str, run: str, episodes: Any, read: Any) -> Any:
        written.append({score.agent: read(score) for score in episodes[0].scores})
        return original(title, run, episodes, read)

    monkeypatch.setattr(continuation, "replay_page", keep)
    return written


def require_equal(one: Recording, other: Recording, steps: int = STEPS) -> None:
    for name in ("rho", "topology", "attacked", "switched", "used", "flows", "dispatched"):
        np.testing.assert_array_equal(vars(one)[name][:steps], vars(other)[name][:steps], name)


@pytest.mark.parametrize("engine", ["stepper", "grid2op"])
def test_the_same_agent_plays_what_is_recorded(
    engine: str,
    run: Path,
    pages: list[dict[str, Recording]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if engine == "grid2op":
        monkeypatch.setattr(continuation, "stepper_refusal", lambda *_: "asked for")
    course = play_on(run, "000", FROM, agent="powrl", output=tmp_path)
    assert (course.engine, course.recorded, course.other) == (engine, STEPS, STEPS)
    ((other, recorded),) = (tuple(page.values()) for page in pages)
    require_equal(other, recorded)
    assert list(other.reasons) == list(recorded.reasons)
    np.testing.assert_array_equal(other.candidate_loads, recorded.candidate_loads)
    assert course.page.is_file()


def test_an_action_of_the_user_is_played(
    run: Path, pages: list[dict[str, Recording]], tmp_path: Path
) -> None:
    play_on(run, "000", FROM, agent="DoNothing", action=OPENED, output=tmp_path)
    ((other, recorded),) = (tuple(page.values()) for page in pages)
    require_equal(other, recorded, FROM)
    line = list(other.lines).index("1_3_3")
    assert other.switched[FROM, line] == -1
    assert (other.topology[FROM + 1, other.elements[line]] == -1).all()
    assert other.reasons[FROM].startswith("given:")
    assert set(other.reasons[FROM + 1 :]) == {""}


def test_the_command_says_what_would_have_happened(run: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    arguments = ["000", "--from", str(FROM), "--agent", "DoNothing", "--output", str(tmp_path)]
    output = CliRunner().invoke(app, [str(run), *arguments], catch_exceptions=False).output
    assert f"Recorded: {STEPS} of {STEPS} steps; played on from step {FROM}: {STEPS}." in output
    assert f"#scenario=000&seed=0&step={FROM}" in output.replace("\n", "")


def test_an_agent_of_another_origin_plays_on_grid2op(run: Path, tmp_path: Path) -> None:
    course = play_on(run, "000", FROM, agent="RecoPowerline", output=tmp_path)
    assert course.engine == "grid2op"


AGENT = """
import os, pathlib
import numpy
from grid2op.Agent import DoNothingAgent

class Agent(DoNothingAgent):
    def act(self, observation, reward, done=False):
        numpy.interp = None
        pathlib.Path(FILE).write_text(str(os.getpid()))
        return super().act(observation, reward, done)

def make_agent(env, folder):
    return Agent(env.action_space)
"""


def test_code_of_another_origin_plays_in_a_process_of_its_own(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.py").write_text(AGENT.replace("FILE", repr(str(tmp_path / "process"))))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    course = play_on(run, "000", FROM, agent="other:make_agent", output=tmp_path / "pages")
    assert (course.engine, course.other, course.max_steps) == ("grid2op", STEPS, STEPS)
    assert int((tmp_path / "process").read_text()) != os.getpid()
    assert np.interp is not None
    (tmp_path / "other.py").write_text(AGENT.replace("numpy.interp = None", "1 / 0"))
    with pytest.raises(PowrlError, match=r"the agent .*other.* failed: ZeroDivisionError"):
        play_on(run, "000", FROM, agent="other:make_agent", output=tmp_path / "pages")


def test_another_course_than_the_recorded_one_is_told(run: Path, tmp_path: Path) -> None:
    files = RunFolder(run)
    (score,) = (score for score in files.episodes() if score.agent == "DoNothing")
    recording = files.recording(score)
    recording.rho[3] += 9
    recording.save(files.recording_path(score))
    with pytest.raises(PowrlError, match="is not what is played here from step 3 on"):
        play_on(run, "000", FROM, recorded="DoNothing", agent="DoNothing", output=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give an agent or an action"),
        ({"agent": "DoNothing", "step": STEPS}, f"no step {STEPS}; the episode has 0 to 11"),
        ({"agent": "nobody/here"}, "there is no agent 'nobody/here'|no agent folder"),
    ],
)
def test_what_cannot_be_played_is_refused(
    options: dict[str, str], message: str, run: Path, tmp_path: Path
) -> None:
    with pytest.raises(PowrlError, match=message):
        play_on(run, "000", **{"step": FROM, "output": tmp_path, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"sing": 1}', "no 'sing'; they have"),
        ('{"a": ' + "[" * 5000, "nested too deeply"),
        ('{"set_bus": null}', "says nothing of set_bus"),
        ('{"redispatch": [[1, NaN]]}', "not finite"),
        ('{"redispatch": [[1, 1e999]]}', "not finite"),
        ('{"set_line_status": [["nowhere", -1]]}', "grid2op refuses the action"),
        ('{"set_line_status": [["1_3_3", 1]], "set_bus": {"lines_or_id": [["1_3_3", -1]]}}', "is"),
    ],
)
def test_what_is_no_action_is_refused(text: str, message: str, case14: Any) -> None:
    with pytest.raises(PowrlError, match=message):
        read_action(text, case14)


def test_an_action_names_elements_and_substations(case14: Any) -> None:
    text = '{"set_bus": {"substations_id": [[1, [1, 2, 1, 2, 1, 1]]]}, "redispatch": [[1, 2.0]]}'
    action = read_action(text, case14)
    assert (action.set_bus == 2).sum() == 2
    assert action.redispatch[1] == 2.0


def test_the_data_must_be_those_of_the_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request, fingerprint = continuation.read_request(run / "contest.json")
    other = replace(fingerprint, files={"000": "0" * 64})
    monkeypatch.setattr(continuation, "read_request", lambda _: (request, other))
    with pytest.raises(PowrlError, match="are not those of the run; restore them"):
        play_on(run, "000", FROM, agent="DoNothing")


def test_the_stepper_says_what_it_cannot_play(case14: Any) -> None:
    case14.reset(seed=0)
    assert stages.stepper_refusal(case14, []) == ""
    changed = case14.action_space({"change_line_status": [1]})
    assert "change_status" in stages.stepper_refusal(case14, [changed])
