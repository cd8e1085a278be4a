from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from powrl.cli import replay
from powrl.player.errors import PowrlError
from powrl.scoring.contest import PlannedEpisode
from powrl.scoring.recording import Recording
from powrl.scoring.replay import functions
from powrl.scoring.results import EpisodeScore
from powrl.scoring.run_folder import recording_file
from tests.scoring.recordings import a_recording

app = typer.Typer()
app.command()(replay.command)


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    """A run folder with two agents, of which the baseline came first."""
    rows = []
    for agent in ("DoNothing", "mine"):
        score = EpisodeScore(agent, "x1/april", 1, 0.0, 5, 9, 0.001, 0.01)
        rows.append(json.dumps(asdict(score)))
        file = recording_file(agent, PlannedEpisode("x1/april", 1))
        a_recording(5).save(tmp_path / "episodes" / file)
        rows.append(rows[-1])  # as after a resumed run
    (tmp_path / "episodes.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).output


def test_all_episodes_are_shown(scored: Path, tmp_path: Path) -> None:
    output = run(str(scored), "--output", str(tmp_path / "new"))
    assert "replay.html, 1 episode" in output
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["replay.html"]


def test_one_scenario_gets_a_gif_of_the_first_agent_that_is_no_baseline(
    scored: Path, tmp_path: Path
) -> None:
    output = run(str(scored), "x1/april", "--seed", "1", "--output", str(tmp_path / "new"))
    assert "steps 0 to 4" in output
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["mine-x1%2Fapril-1.gif", "replay-x1%2Fapril.html"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["april"], "no scenario 'april' in .*; it has x1/april"),
        (["x1/april", "--seed", "0"], "no seed 0 in .*; it has 1"),
        (["x1/april", "--agent", "yours"], "no agent 'yours' in .*; it has mine, DoNothing"),
        (["x1/april", "--seed", "1", "--last", "7"], "steps 0 to 4"),
        (["--agent", "mine"], "name the scenario"),
        (["--from", "3", "--agent", "mine"], "--from needs the SCENARIO"),
        (["x1/april", "--from", "3", "--first", "1"], "goes without --first and --last"),
        (["x1/april", "--action", "{}"], "say --from STEP, too"),
        (["x1/april", "--from", "3"], "give an agent or an action"),
        (["x1/april", "--from", "9", "--agent", "mine"], "no step 9; the episode has 0 to 4"),
        (["x1/april", "--from", "3", "--agent", "mine"], "of an older version and lacks"),
    ],
)
def test_what_was_not_played_is_told(scored: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(PowrlError, match=message):
        run(str(scored), *arguments)
    assert not list(scored.glob("*.gif"))


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="no run folder of powrl score"):
        run(str(tmp_path), "april")


def test_a_folder_that_cannot_be_written_is_told(scored: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PowrlError, match="file"):
        run(str(scored), "x1/april", "--seed", "1", "--output", str(tmp_path / "file"))


def test_a_folder_that_cannot_be_made_is_told_before_the_work(
    scored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(functions, "page_of", lambda *_: pytest.fail("the work began"))
    with pytest.raises(PowrlError, match=r"cannot write .*page \(Not a directory\); choose"):
        run(str(scored), "--output", str(tmp_path / "file" / "page"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b"text\n", "is damaged"),
        (b"PK" + bytes(50), "is damaged"),
        (None, "is damaged"),
        (a_recording(4), "is no recording of the 5 steps that the run tells of"),
    ],
    ids=["empty", "text", "foreign", "truncated", "another episode"],
)
def test_a_recording_that_is_damaged_or_of_another_episode_is_refused(
    scored: Path, content: bytes | Recording | None, message: str
) -> None:
    path = scored / "episodes" / recording_file("mine", PlannedEpisode("x1/april", 1))
    if isinstance(content, Recording):
        content.save(path)
    else:
        path.write_bytes(path.read_bytes()[:100] if content is None else content)
    for arguments in ([], ["x1/april"]):
        with pytest.raises(PowrlError, match=f"{path.name} {message}.*; remove it, and play"):
            run(str(scored), *arguments)
    assert not list(scored.glob("replay*"))


@pytest.mark.parametrize(
    ("key", "value"), [("steps", "8"), ("agent", ["mine"]), ("max_steps", None)]
)
def test_a_damaged_score_is_told(scored: Path, key: str, value: object) -> None:
    path = scored / "episodes.jsonl"
    row = json.loads(path.read_text(encoding="utf-8").splitlines()[0]) | {key: value}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(PowrlError, match="line 1: no score of a run; remove the line"):
        run(str(scored), "x1/april")
