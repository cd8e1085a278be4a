"""The sandbox: what a server lacks cannot be imported, and nothing outside is changed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from powrl.submission.server_kit import sandbox


class TestServerImports:
    @pytest.fixture
    def finder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sandbox.ServerImports:
        (tmp_path / "beside.py").write_text("", encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        return sandbox.ServerImports(["numpy"], tmp_path)

    @pytest.mark.parametrize("name", ["numpy", "json", "zlib"])
    def test_the_servers_modules_are_left_to_python(
        self, finder: sandbox.ServerImports, name: str
    ) -> None:
        assert finder.find_spec(name, None) is None

    def test_the_submissions_own_modules_are_found(self, finder: sandbox.ServerImports) -> None:
        assert finder.find_spec("beside", None) is not None

    @pytest.mark.parametrize("name", ["powrl", "torch", "yaml", "pytest", "no_such_module"])
    def test_all_else_is_refused_by_name(self, finder: sandbox.ServerImports, name: str) -> None:
        with pytest.raises(sandbox.NotOnServerError, match=name) as caught:
            finder.find_spec(name, None)
        assert caught.value.name == name


def test_modules_of_an_old_python_are_found_in_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sys, "stdlib_module_names")  # Python 3.8 has no such list
    finder = sandbox.ServerImports([], tmp_path)
    assert finder.find_spec("csv", None) is not None
    with pytest.raises(sandbox.NotOnServerError):
        finder.find_spec("yaml", None)


@pytest.fixture(scope="module")
def group_of_others() -> Iterator[int]:
    """A group that lives as long as the tests, which that of the test runner need not do."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as leader:
        yield leader.pid
        leader.kill()


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
        lambda path: os.killpg(int(path.read_text(encoding="utf-8")), signal.SIGCONT),
    ],
)
def test_what_changes_something_outside_is_refused(
    tmp_path: Path, change: Callable[[Path], object], group_of_others: int
) -> None:
    """In a process of its own, for an audit hook stays; with changes inside, which are let in."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.write_text(str(group_of_others), encoding="utf-8")
    inside.mkdir()
    process = multiprocessing.get_context("fork").Process(target=_guarded, args=(change, outside))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert outside.exists()
    assert sorted(path.name for path in inside.iterdir()) == ["b"]


def test_a_group_whose_leader_has_ended_is_not_signalled(tmp_path: Path) -> None:
    """The supervisor may be left of a group that a shell began."""
    (tmp_path / "inside").mkdir()
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo $!"], stdout=subprocess.PIPE, start_new_session=True
    )
    member = int(leader.stdout.readline())
    leader.wait()
    process = multiprocessing.get_context("fork").Process(
        target=_guarded,
        args=(lambda _: os.killpg(leader.pid, signal.SIGTERM), tmp_path / "outside"),
    )
    try:
        process.start()
        process.join()
        assert process.exitcode == 0
        os.kill(member, 0)
    finally:
        os.kill(member, signal.SIGKILL)


def _guarded(change: Callable[[Path], object], outside: Path) -> None:
    os.setsid()
    os.chdir(outside.with_name("inside"))
    sys.addaudithook(sandbox.Guard([str(Path.cwd())]))
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
    except (sandbox.WritesOutsideError, sandbox.SignalsOthersError):
        os._exit(0)
    os._exit(1)
