"""The child's stages, played in this process: opening an environment in a new one takes seconds."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from powrl.submission import child
from powrl.submission.unpacking import unpack
from tests.submission.zips import DO_NOTHING, acting, write_zip

ENVIRONMENT = "rte_case5_example"  # the quickest to open
Attempt = Callable[..., dict[str, Any]]


@pytest.fixture
def attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attempt]:
    """Play what a zip holds; the result."""
    root = tmp_path / "root"
    root.mkdir()

    def _attempt(path: Path, **job: Any) -> dict[str, Any]:
        unpack(path, root)
        monkeypatch.syspath_prepend(str(root))
        result = child.Result(tmp_path / "results.jsonl")
        defaults = {"environment": ENVIRONMENT, "bundled": True, "steps": 4, "scenarios": 1}
        child.attempt({"root": str(root), "seed": 0, **defaults, **job}, result)
        lines = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
        return dict(json.loads(lines[-1]))

    yield _attempt
    for name in [n for n in sys.modules if n.partition(".")[0] in ("submission", "beside")]:
        del sys.modules[name]


def test_a_good_agent_reaches_the_end(attempt: Attempt, tmp_path: Path) -> None:
    result = attempt(write_zip(tmp_path / "a.zip"), scenarios=2)
    assert (result["stage"], result["failure"]) == ("end", None)
    assert [episode["scenario"] for episode in result["episodes"]] == ["00", "01"]
    assert all(episode["steps"] == 4 for episode in result["episodes"])
    first = result["episodes"][0]
    assert 0 < first["worst_act_seconds"] <= first["act_seconds"]


def test_make_agent_gets_what_the_kits_give(attempt: Attempt, tmp_path: Path) -> None:
    source = DO_NOTHING.replace(
        "    return",
        "    import pathlib\n"
        "    assert type(env.chronics_handler.real_data).__name__ == 'ChangeNothing'\n"
        "    assert type(env._opponent).__name__ == 'BaseOpponent'\n"
        "    assert pathlib.Path(this_directory_path) == pathlib.Path(__file__).parent\n"
        "    return",
    )
    result = attempt(write_zip(tmp_path / "a.zip", source), environment="l2rpn_icaps_2021")
    assert result["failure"] is None


def test_own_rewards_reach_the_environment(attempt: Attempt, tmp_path: Path) -> None:
    source = "from grid2op.Reward import ConstantReward as reward\n" + acting(
        "assert self.steps == 1 or reward == 0.0, reward", "return self.action_space({})"
    )
    assert attempt(write_zip(tmp_path / "a.zip", source))["failure"] is None


def test_every_mix_gets_its_own_agent(attempt: Attempt, tmp_path: Path) -> None:
    result = attempt(
        write_zip(tmp_path / "a.zip"), environment="l2rpn_neurips_2020_track2", steps=1
    )
    assert result["failure"] is None
    assert len(result["episodes"]) == 2


@pytest.mark.parametrize(
    ("source", "stage", "error"),
    [
        ("", "import", "no function make_agent"),
        ("make_agent = 3", "import", "no function make_agent"),
    ],
)
def test_what_is_unusable_is_said_in_words(
    attempt: Attempt, tmp_path: Path, source: str, stage: str, error: str
) -> None:
    result = attempt(write_zip(tmp_path / "a.zip", source))
    assert result["stage"] == stage
    assert error in result["failure"]["error"]
    assert not result["failure"]["traceback"]


def test_illegal_and_ambiguous_actions_are_counted(attempt: Attempt, tmp_path: Path) -> None:
    source = acting(
        "if self.steps == 1:",  # two lines at once are against the rules
        "    return self.action_space({'set_line_status': [(0, -1), (1, -1)]})",
        "action = self.action_space({})",
        "if self.steps in (2, 3):",  # set and change of one line contradict each other
        "    action.line_change_status, action.line_set_status = [2], [(2, 1)]",
        "return action",
    )
    (episode,) = attempt(write_zip(tmp_path / "a.zip", source))["episodes"]
    assert (episode["illegal"], episode["ambiguous"]) == (1, 2)


def test_game_over_ends_the_episode(attempt: Attempt, tmp_path: Path) -> None:
    alone_on_busbar_2 = "{'set_bus': {'loads_id': [(0, 2)]}}"
    source = acting(f"return self.action_space({alone_on_busbar_2})")
    (episode,) = attempt(write_zip(tmp_path / "a.zip", source))["episodes"]
    assert episode["game_over"]
    assert episode["steps"] == 1


class TestServerImports:
    @pytest.fixture
    def finder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> child.ServerImports:
        (tmp_path / "beside.py").write_text("", encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        return child.ServerImports(["numpy"], tmp_path)

    @pytest.mark.parametrize("name", ["numpy", "json", "zlib"])
    def test_the_servers_modules_are_left_to_python(
        self, finder: child.ServerImports, name: str
    ) -> None:
        assert finder.find_spec(name, None) is None

    def test_the_submissions_own_modules_are_found(self, finder: child.ServerImports) -> None:
        assert finder.find_spec("beside", None) is not None

    @pytest.mark.parametrize("name", ["powrl", "torch", "yaml", "pytest", "no_such_module"])
    def test_all_else_is_refused_by_name(self, finder: child.ServerImports, name: str) -> None:
        with pytest.raises(child.NotOnServerError, match=name) as caught:
            finder.find_spec(name, None)
        assert caught.value.name == name


def test_grid2op_s_own_power_flow_serves_where_lightsim2grid_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert type(child.backend()).__name__ == "LightSimBackend"
    monkeypatch.setitem(sys.modules, "lightsim2grid", None)
    assert type(child.backend()).__name__ == "PandaPowerBackend"


def test_modules_of_an_old_python_are_found_in_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sys, "stdlib_module_names")  # Python 3.8 has no such list
    finder = child.ServerImports([], tmp_path)
    assert finder.find_spec("csv", None) is not None
    with pytest.raises(child.NotOnServerError):
        finder.find_spec("yaml", None)


def test_a_missing_module_is_named_behind_another_error() -> None:
    missing = child.NotOnServerError("No module named 'torch'", name="torch")
    other = RuntimeError("cannot load")
    other.__cause__ = missing
    assert child.failure(other, Path("root"))["module"] == "torch"
    assert child.failure(RuntimeError("else"), Path("root"))["kind"] == "error"


def test_an_error_that_is_its_own_cause_and_cannot_be_told_is_a_failure() -> None:
    class SilentError(Exception):
        def __str__(self) -> str:
            raise ValueError

    error = SilentError()
    error.__cause__ = error
    assert child.failure(error, Path("root"))["error"].startswith("SilentError: which fails to say")


@pytest.mark.parametrize(
    "change",
    [
        lambda path: os.truncate(path, 0),
        os.utime,
        lambda path: os.chown(path, os.getuid(), os.getgid()),
        lambda path: Path("linked").hardlink_to(path),
        lambda path: path.rename("moved"),
        lambda path: os.unlink(path, dir_fd=os.open(".", os.O_RDONLY)),
        sqlite3.connect,
        lambda path: socket.socket(socket.AF_UNIX).bind(f"{path}.socket"),
        lambda path: path.open("a"),
        lambda _: os.kill(os.getppid(), signal.SIGCONT),
        lambda _: os.killpg(os.getpgid(os.getppid()), signal.SIGCONT),
    ],
)
def test_what_changes_something_outside_is_refused(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    """In a process of its own, for an audit hook stays; with changes inside, which are let in."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.touch()
    inside.mkdir()
    process = multiprocessing.get_context("fork").Process(target=_guarded, args=(change, outside))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert outside.exists()
    assert sorted(path.name for path in inside.iterdir()) == ["b"]


def _guarded(change: Callable[[Path], object], outside: Path) -> None:
    os.setsid()
    os.chdir(outside.with_name("inside"))
    sys.addaudithook(child.Guard([str(Path.cwd())]))
    Path("a").touch()
    folder = os.open(".", os.O_RDONLY)
    os.rename("a", "b", src_dir_fd=folder, dst_dir_fd=folder)
    os.truncate("b", 0)
    sqlite3.connect(":memory:")
    Path("c").symlink_to(outside)
    Path("c").unlink()
    for own_session in (False, True):
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        os.kill(subprocess.Popen(command, start_new_session=own_session).pid, signal.SIGKILL)
    try:
        change(outside)
    except (child.WritesOutsideError, child.SignalsOthersError):
        os._exit(0)
    os._exit(1)
