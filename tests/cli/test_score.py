from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import grid2op
import pytest
import typer
from typer.testing import CliRunner, Result

from powrl.cli import score
from powrl.errors import PowrlError
from tests.agents import make_agent_folder

CASE14 = "rte_case14_realistic"
BUNDLED_DATA = Path(grid2op.__file__).parent / "data"
QUICK = ("--scenarios", "001", "--seeds", "1", "--max-steps", "3")

app = typer.Typer()
app.command()(score.command)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_agent_folder(tmp_path_factory.mktemp("agents") / "mine", CASE14))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_scores_an_agent_beside_the_baselines(agent: str, tmp_path: Path) -> None:
    result = run(agent, *QUICK, "--log", "--jobs", "2")
    assert result.exit_code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "scores.json",
        "survival.png",
        "report.html",
        "decisions-mine.jsonl",
    }
    document = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert [row["agent"] for row in document["agents"]] == ["mine", "DoNothing", "RecoPowerline"]
    assert [(row["scenario"], row["steps"]) for row in document["episodes"]] == [("001", 3)] * 3
    assert document["environment"] == CASE14
    shown = " ".join(result.output.split())
    assert f"runs/{folder.name}/report.html" in shown
    assert "RecoPowerline" in shown
    assert "EUR/MWh" in shown
    assert "4/4" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no agent 'nowhere'"),
        (["AGENT", "--environment", "nope"], "no environment 'nope'"),
        (["--environment", "nope"], "no agent is shipped for 'nope'"),
        (["AGENT", "--environment", "l2rpn_neurips_2020_track1"], "substation"),
        (["AGENT", "--scenarios", "never"], "name that matches 'never'"),
        (["AGENT", "--scenarios", "("], "no regular expression"),
        (["AGENT", "--data", "nowhere"], "no folder nowhere"),
        (["AGENT", "--data", "empty"], "no scenario in its folder chronics"),
        (["AGENT", "--data", "empty", "--environment", CASE14], "leave out --environment"),
        (["AGENT", "--output", "full"], "not empty"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(
    agent: str, tmp_path: Path, arguments: list[str], message: str
) -> None:
    shutil.copytree(
        BUNDLED_DATA / CASE14, tmp_path / "empty", ignore=shutil.ignore_patterns("0*", "*cache*")
    )
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PowrlError, match=message):
        run(*(agent if each == "AGENT" else each for each in arguments))
    assert sorted(tmp_path.rglob("*")) == before


def test_seeds_of_a_file(agent: str, tmp_path: Path) -> None:
    (tmp_path / "seeds.json").write_text('{"001": [11, 12]}', encoding="utf-8")
    some = ("--scenarios", "001", "--max-steps", "3", "--seeds-file", "seeds.json")
    assert run(agent, *some, "--output", "run").exit_code == 0
    document = json.loads((tmp_path / "run" / "scores.json").read_text(encoding="utf-8"))
    assert document["episode_seeds"] == {"001": [11, 12]}
    with pytest.raises(PowrlError, match="either --seeds or --seeds-file"):
        run(agent, *some, "--seeds", "2")


@pytest.mark.parametrize("option", ["--seeds", "--max-steps", "--jobs"])
def test_numbers_below_one_are_refused(agent: str, option: str) -> None:
    result = run(agent, option, "0")
    assert result.exit_code == 2


def test_sigterm_leaves_nothing_behind(agent: str, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "powrl", "score", agent, "--jobs", "1", "--output", "scored"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(temporary.glob("powrl-score-*/*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(timeout=30) == 128 + signal.SIGTERM
    assert not list(temporary.glob("powrl-score-*"))
    assert not (tmp_path / "scored").exists()
