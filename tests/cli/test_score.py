from __future__ import annotations

import bz2
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
from powrl.player.errors import PowrlError
from powrl.scoring.contestants.parsing import parse_contestants
from powrl.scoring.fingerprint import Fingerprint, write_request
from powrl.scoring.request import Request
from tests.agents import make_agent_folder
from tests.submission.zips import acting, write_zip

CASE14 = "rte_case14_realistic"
BUNDLED_DATA = Path(grid2op.__file__).parent / "data"
QUICK = ("--scenarios", "001", "--seeds", "1", "--max-steps", "3", "--no-untrained")

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


def begin_run(folder: Path, request: Request) -> None:
    """A run folder as it is before the first episode."""
    folder.mkdir()
    fingerprint = Fingerprint.from_contest(request.plan(parse_contestants(request.agents)))
    write_request(folder / "contest.json", request, fingerprint)


def test_scores_an_agent_beside_the_baselines(agent: str, tmp_path: Path) -> None:
    result = run(agent, *QUICK, "--log", "--jobs", "2")
    assert result.exit_code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "scores.json",
        "scores.csv",
        "survival.png",
        "report.html",
        "replay.html",
        "decisions-mine.jsonl",
        "contest.json",
        "episodes.jsonl",
        "episodes",
    }
    assert len(list((folder / "episodes").rglob("*.npz"))) == 3
    document = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert [row["agent"] for row in document["agents"]] == ["mine", "DoNothing", "RecoPowerline"]
    assert [(row["scenario"], row["steps"]) for row in document["episodes"]] == [("001", 3)] * 3
    assert document["environment"] == CASE14
    shown = " ".join(result.output.split())
    assert f"runs/{folder.name}/report.html" in shown
    assert "RecoPowerline" in shown
    assert "EUR/MWh" in shown
    assert "3/3" in shown
    assert "mine, 001, seed 0: score" in shown
    assert "±" not in shown


def test_names_with_a_common_beginning_are_told_apart_in_a_narrow_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = [f"an_agent_for_the_grid_of_fourteen_substations_{name}" for name in ("one", "two")]
    agents = [str(make_agent_folder(tmp_path / name, CASE14)) for name in names]
    options = ("--scenarios", "00[01]", "--seeds", "1", "--max-steps", "2", "--jobs", "1")
    shown = run(*agents, *options, "--no-untrained").output
    assert "mean ± spread over scenarios" in " ".join(shown.split())
    scores, *_ = shown.split("└")
    first_column = [line.split("│")[1].strip() for line in scores.splitlines() if "│" in line]
    assert "".join(first_column) == "".join([*names, "DoNothing", "RecoPowerline"])


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
        (["AGENT", "--set", "overload.plam=false"], "plam: unknown key, did you mean 'plan'"),
        (["AGENT", "--set", "candidates=0"], "candidates: 0 was given"),
        (["tests.scoring.foreign:make_agent", "--set", "plan=false"], "settings cannot be changed"),
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
        run(*(agent if argument == "AGENT" else argument for argument in arguments))
    assert sorted(tmp_path.rglob("*")) == before


def test_variants_are_played_and_resumed(agent: str, tmp_path: Path) -> None:
    variants = (f"{agent}[candidates=3]", agent)
    options = (*QUICK, "--set", "overload.plan=false", "--jobs", "1", "--output", "run")
    assert run(*variants, *options).exit_code == 0
    names = ["mine[plan=false,candidates=3]", "mine[plan=false]"]
    document = json.loads((tmp_path / "run" / "scores.json").read_text(encoding="utf-8"))
    assert [row["agent"] for row in document["agents"]][:2] == names
    (tmp_path / "run" / "scores.json").unlink()
    episodes = tmp_path / "run" / "episodes.jsonl"
    first = episodes.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    episodes.write_text(first, encoding="utf-8")
    assert run("--resume", "run", "--jobs", "1").exit_code == 0
    again = json.loads((tmp_path / "run" / "scores.json").read_text(encoding="utf-8"))
    assert [row["score"] for row in again["agents"]] == [row["score"] for row in document["agents"]]


def test_the_run_folder_of_a_training_is_scored_by_its_agent(agent: str, tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    shutil.copytree(agent, tmp_path / "training" / "agent")
    assert run("training", *QUICK, "--jobs", "1", "--output", "run").exit_code == 0
    document = json.loads((tmp_path / "run" / "scores.json").read_text(encoding="utf-8"))
    assert document["agents"][0]["source"] == str(tmp_path / "training" / "agent")


def test_seeds_of_a_file(agent: str, tmp_path: Path) -> None:
    (tmp_path / "seeds.json").write_text('{"001": [11, 12]}', encoding="utf-8")
    options = ("--scenarios", "001", "--max-steps", "3", "--seeds-file", "seeds.json")
    assert run(agent, *options, "--output", "run").exit_code == 0
    document = json.loads((tmp_path / "run" / "scores.json").read_text(encoding="utf-8"))
    assert document["episode_seeds"] == {"001": [11, 12]}
    with pytest.raises(PowrlError, match="either --seeds or --seeds-file"):
        run(agent, *options, "--seeds", "2")


def test_a_stopped_run_goes_on(agent: str, tmp_path: Path) -> None:
    whole = ("--max-steps", "3", "--seeds", "2", "--log", "--jobs", "1", "--no-untrained")
    assert run(agent, *whole, "--output", "run").exit_code == 0
    folder = tmp_path / "run"
    with pytest.raises(PowrlError, match="is finished"):
        run("--resume", "run")
    document = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    decisions = (folder / "decisions-mine.jsonl").read_text(encoding="utf-8")
    # as it is when it is killed after the first episodes, while it writes the next
    for name in ("scores.json", "report.html", "survival.png", "decisions-mine.jsonl"):
        (folder / name).unlink()
    contest = (folder / "contest.json").read_text(encoding="utf-8")
    changed = contest.replace('"max_steps": 3', '"max_steps": 2')
    (folder / "contest.json").write_text(changed, encoding="utf-8")
    with pytest.raises(PowrlError, match="was edited"):
        run("--resume", "run", "--jobs", "1")
    (folder / "contest.json").write_text(contest, encoding="utf-8")
    lines = (folder / "episodes.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "episodes.jsonl").write_text("".join(lines[:5]) + lines[5][:30], encoding="utf-8")
    (folder / "decisions" / "mine").mkdir(parents=True)
    for line in lines[:5]:
        played = json.loads(line)
        if played["agent"] == "mine":
            name = f"{played['scenario']}-{played['seed']}.jsonl"
            entries = [
                entry
                for entry in decisions.splitlines(keepends=True)
                if f'"scenario": "{played["scenario"]}", "seed": {played["seed"]},' in entry
            ]
            (folder / "decisions" / "mine" / name).write_text("".join(entries), encoding="utf-8")
    result = run("--resume", "run", "--jobs", "1")
    assert result.exit_code == 0
    again = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    for one, other in zip(again["episodes"], document["episodes"], strict=True):
        timeless = {"seconds_per_decision": 0, "slowest_decision": 0}
        assert one | timeless == other | timeless
    assert (folder / "decisions-mine.jsonl").read_text(encoding="utf-8") == decisions
    assert not (folder / "decisions").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume", "nowhere"], "is no run folder of powrl score"),
        (["--resume", "run", "--seeds", "3"], "goes on with the run as it is: only agents"),
        (["--resume", "run", "--set", "plan=false"], "goes on with the run as it is"),
        (["--resume", "run", "--rescore", "run"], "goes on with the run as it is"),
        (["--rescore", "run", "--jobs", "1"], "only --edition, --cost-units and --output go"),
        (["--rescore", "run"], "is not the folder of a finished scoring"),
        (["--resume", "run", "other=AGENT"], "is not the one that the run began with"),
        (["--resume", "run"], "is not the one that the run began with"),
        (["--resume", "damaged"], "is damaged; begin a new run"),
    ],
)
def test_what_cannot_be_resumed_is_refused(
    agent: str, tmp_path: Path, arguments: list[str], message: str
) -> None:
    changed = shutil.copytree(agent, tmp_path / "mine")
    (tmp_path / "damaged").mkdir()
    begin_run(tmp_path / "run", Request([str(changed)], seeds=1, max_steps=3))
    (tmp_path / "damaged" / "contest.json").write_text('{"agents": []}', encoding="utf-8")
    (changed / "README.md").write_text("changed", encoding="utf-8")
    with pytest.raises(PowrlError, match=message):
        run(*(argument.replace("AGENT", agent) for argument in arguments))


def test_a_run_whose_scenarios_have_changed_is_refused(agent: str, tmp_path: Path) -> None:
    """An added scenario shifts the numbers of others, and so their seeds."""
    data = tmp_path / CASE14
    shutil.copytree(BUNDLED_DATA / CASE14, data, ignore=shutil.ignore_patterns("*cache*"))
    request = Request([agent], str(data), scenarios="001", seeds=1, max_steps=3)
    begin_run(tmp_path / "run", request)
    added = shutil.copytree(data / "chronics" / "000", data / "chronics" / "0000")
    with pytest.raises(PowrlError, match="not those that the run began with"):
        run("--resume", "run", "--jobs", "1")
    shutil.rmtree(added)
    assert run("--resume", "run", "--jobs", "1").exit_code == 0


@pytest.mark.parametrize("changed", ["chronics/001/load_p.csv.bz2", "config.py"])
def test_a_run_whose_time_series_have_changed_is_refused(
    agent: str, tmp_path: Path, changed: str
) -> None:
    data = tmp_path / CASE14
    shutil.copytree(BUNDLED_DATA / CASE14, data, ignore=shutil.ignore_patterns("*cache*"))
    request = Request([agent], str(data), scenarios="001", seeds=1, max_steps=3)
    begin_run(tmp_path / "run", request)
    before = (data / changed).read_bytes()
    other = before + b"\n" if changed == "config.py" else bz2.compress(bz2.decompress(before), 1)
    (data / changed).write_bytes(other)
    with pytest.raises(PowrlError, match=r"scenario 001, or other files of .* restore them, or"):
        run("--resume", "run", "--jobs", "1")
    (data / changed).write_bytes(before)
    shutil.copytree(data / "chronics" / "001", data / "_statistics_of_grid2op")
    assert run("--resume", "run", "--jobs", "1").exit_code == 0


@pytest.mark.parametrize("option", ["--seeds", "--max-steps", "--jobs"])
def test_numbers_below_one_are_refused(agent: str, option: str) -> None:
    result = run(agent, option, "0")
    assert result.exit_code == 2


@pytest.mark.parametrize("foreign", [False, True])
def test_sigterm_leaves_just_what_resuming_needs(agent: str, tmp_path: Path, foreign: bool) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    where, started = temporary, "powrl-score-*/*"
    if foreign:
        sleeping = acting("open('here', 'w').close()", "import time", "time.sleep(100)")
        agent = str(write_zip(tmp_path / "sleeping.zip", sleeping))
        where, started = tmp_path, "here"
    process = subprocess.Popen(
        [sys.executable, "-m", "powrl", "score", agent, "--jobs", "1", "--output", "scored"]
        + ["--environment", CASE14, *QUICK] * foreign,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(where.glob(started)) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(timeout=30) == 128 + signal.SIGTERM
    assert not list(temporary.glob("powrl-score-*"))
    # the baselines play before an agent of another origin
    names = {"contest.json", "episodes.jsonl", "episodes"} if foreign else {"contest.json"}
    assert {path.name for path in (tmp_path / "scored").iterdir()} == names


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_processes_of_an_agent_are_ended_as_python_ends_them(tmp_path: Path, jobs: str) -> None:
    ending = acting(
        "import multiprocessing, signal, time",
        "process = multiprocessing.Process(target=time.sleep, args=(100,))",
        "process.start()",
        "process.terminate()",
        "process.join()",
        "assert process.exitcode == -signal.SIGTERM",
        "return self.action_space()",
    )
    zip_file = write_zip(tmp_path / "ending.zip", ending)
    command = [sys.executable, "-m", "powrl", "score", str(zip_file), "--jobs", jobs]
    # of two jobs, each plays one
    command += [
        "--environment",
        "rte_case5_example",
        "--scenarios",
        "00" if jobs == "1" else "0[01]",
    ]
    command += ["--seeds", "1", "--max-steps", "1", "--no-baselines"]
    subprocess.run(command, check=True, timeout=90, stdout=subprocess.DEVNULL)


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
def test_ctrl_c_while_processes_start_is_not_theirs(agent: str, tmp_path: Path) -> None:
    # as in a terminal: what is started in the background may ignore Ctrl-C
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code += "from powrl.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "score", agent, "--jobs", "2", "--output", "scored"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 60
    while len(children.read_text().split()) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)  # one that plays, and two that tidy up
    time.sleep(0.5)  # until it imports, which takes longer: it would end silently before
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (128 + signal.SIGINT, -signal.SIGINT)
    assert "_run_module_as_main" not in errors  # as they are run, and this one is not


def test_an_agent_that_fails_is_told_beside_the_scores_of_the_others(tmp_path: Path) -> None:
    failing = str(
        write_zip(tmp_path / "failing.zip", acting("print('it says')", "raise KeyError('line')"))
    )
    unfit = str(write_zip(tmp_path / "unfit.zip", "import nothing_of_that_name"))
    options = ("--environment", CASE14, *QUICK, "--jobs", "1", "--output", "run")
    with pytest.raises(PowrlError, match=r"2 agents could not play to the end: failing.zip, unfit"):
        run(failing, unfit, *options, "--decision-timeout", "60")
    document = json.loads((tmp_path / "run" / "scores.json").read_text(encoding="utf-8"))
    assert [row["score"] for row in document["agents"]] == [-100, -100, 0, 0]
    assert [row["failures"] for row in document["agents"]] == [1, 1, 0, 0]
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "failing.zip: failed in 1 of 1 episode, for the lowest score, -100: the agent" in report
    printed = tmp_path / "run" / "output" / "failing.zip" / "001-0.txt"
    assert "it says" in printed.read_text()
    again = run("--rescore", "run", "--output", "again")
    assert again.exit_code == 0, "nothing has failed now"
    assert "failing.zip: failed in 1 of 1 episode" in " ".join(again.output.split())
    assert "failed episodes" in report
    with pytest.raises(PowrlError, match=r"unfit.zip failed: ModuleNotFoundError"):
        run(unfit, "--environment", CASE14, *QUICK, "--jobs", "1")
