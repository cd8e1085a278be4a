"""What is written is whole or not there, also where the disk is full or read-only."""

import errno
import json
import os
import stat
import subprocess
import sys
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest

import powrl
from powrl.configuration.loading import load_configuration
from powrl.environments.opening import Scenarios, open_environment
from powrl.player.array_file import load_arrays
from powrl.player.errors import PowrlError
from powrl.player.files import (
    checked_path,
    checked_paths,
    read_bytes,
    read_text,
    refusing_unwritable,
    require_writable,
    write_text_whole,
    write_whole,
)
from powrl.workspace import runs
from powrl.workspace.runs import run_folder

CASE14 = "rte_case14_realistic"
READ_ONLY = Path("/proc/self")
"""No process can create a file there, not even root's."""


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    write_text_whole(path, "old")
    write_text_whole(path, "new ü")
    assert path.read_text(encoding="utf-8") == "new ü"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text_whole(path, "old")

    def fail(file):
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_of_two_writers_of_a_file_the_last_who_ends_is_right(tmp_path):
    path = tmp_path / "a.txt"

    def write(file):
        file.write(b"one, ")
        write_text_whole(path, "other")
        assert path.read_text() == "other"
        file.write(b"whole")

    write_whole(path, write)
    assert path.read_text() == "one, whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_the_mode_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    write_text_whole(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("place", [READ_ONLY / "a.txt", Path("/nowhere/at/all")])
def test_an_unwritable_place_is_named(place):
    with pytest.raises(PowrlError, match=rf"cannot write {place} \(.*\); choose another place"):
        write_text_whole(place, "x")


@pytest.mark.parametrize("full", [OSError(errno.ENOSPC, "full"), OSError("9 of 10 written")])
def test_where_space_is_missing_it_is_asked_for(full):
    with pytest.raises(PowrlError, match="free some space"), refusing_unwritable(Path("a")):
        raise full


@pytest.mark.parametrize("place", ["file", "file/run", "sealed/run"])
def test_a_folder_that_cannot_be_made_is_known_before(place, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "sealed").mkdir()
    access = os.access  # root may write anything
    monkeypatch.setattr(
        os, "access", lambda path, mode: path.name != "sealed" and access(path, mode)
    )
    with pytest.raises(PowrlError, match=f"cannot write .*{place}.*; choose another place"):
        require_writable(tmp_path / place)
    require_writable(tmp_path / "new" / "run")
    require_writable(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "sealed"}


def test_a_run_folder_is_new_or_empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with run_folder("score") as first, run_folder("score") as second:
        assert first != second
        assert first.parent == Path("runs")
    (first / "file").write_text("")
    with pytest.raises(PowrlError, match="is not empty"), run_folder("score", first):
        pass


def test_a_run_folder_stays_only_when_something_was_written(tmp_path):
    with pytest.raises(ValueError, match="x"), run_folder("score", tmp_path / "empty"):
        raise ValueError("x")
    with pytest.raises(ValueError, match="x"), run_folder("score", tmp_path / "used") as folder:
        raise ValueError((folder / "file").write_text("x"), "x")
    assert [path.name for path in tmp_path.iterdir()] == ["used"]


def test_of_a_run_that_fails_only_what_it_made_is_removed(tmp_path):
    (tmp_path / "mine").mkdir()
    for place in ("mine", "not/there/yet"):
        with pytest.raises(ValueError, match="x"), run_folder("score", tmp_path / place):
            raise ValueError("x")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_run_folder_that_another_process_has_just_begun_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "locked_folder", lambda _: nullcontext(False))
    with pytest.raises(PowrlError, match="another process writes"), run_folder("x", tmp_path / "a"):
        pass
    assert (tmp_path / "a").is_dir()


def test_a_run_folder_is_locked_from_its_begin(tmp_path):
    folder = tmp_path / "run"
    with (
        run_folder("reduce", folder),
        pytest.raises(PowrlError, match="another process writes into"),
        run_folder("reduce", folder),
    ):
        pass
    assert not list(folder.iterdir())


def test_two_runs_that_begin_at_once_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # as the other one makes it just then
    with run_folder("score") as first, run_folder("score") as second:
        assert first != second


@pytest.mark.parametrize("path", ["", None, 3, b"runs", ["runs"], "zero\0byte"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(PowrlError, match=r"^output: .* was given; it needs to be the path of a"):
        checked_path(path, "output")


@pytest.mark.parametrize("paths", [None, 3, "runs", Path("runs"), b"runs", ["runs", None]])
def test_what_is_no_list_of_paths_is_refused(paths):
    with pytest.raises(PowrlError, match=r"^runs: .* was given; it needs to be "):
        checked_paths(paths, "runs")


IN_ONE_PROCESS = """
import json, resource, sys
from powrl.cli.main import main
_, unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
for n_bytes, arguments in json.loads(sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes or unlimited, unlimited))
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as ending:
        print(ending.code, file=sys.stderr)
"""
"""Commands one after the other; as on a full disk, every file of one ends after so many bytes."""

UNLIMITED, FULL, FILLING_UP = None, 1000, 70_000


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    from tests.agents import make_agent_folder

    return make_agent_folder(tmp_path_factory.mktemp("agents") / "random", CASE14)


def require_refused(*commands):
    """Run commands, each with its bytes of a file; each ends in one sentence and exit code 2."""
    texts = [(n_bytes, list(map(str, arguments))) for n_bytes, *arguments in commands]
    ended = subprocess.run(
        [sys.executable, "-c", IN_ONE_PROCESS, json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    sentences, codes = (ended.stderr.splitlines()[first::2] for first in (0, 1))
    assert codes == ["2"] * len(commands), ended.stderr
    assert ["cannot write" in sentence for sentence in sentences] == [True] * len(commands)


def test_a_full_disk_and_a_read_only_folder_are_refused_with_nothing_left(agent, tmp_path):
    short = ("--scenarios", "000", "--seeds", 1, "--jobs", 1, "--max-steps", 300)
    require_refused(
        (FULL, "package", agent, "-o", tmp_path / "a.zip"),
        (FULL, "score", agent, "--output", tmp_path / "score"),
        (FULL, "reduce", CASE14, "-o", tmp_path / "reduction"),
        (UNLIMITED, "package", agent, "-o", READ_ONLY / "a.zip"),
        (UNLIMITED, "score", agent, "--output", READ_ONLY / "score"),
        (UNLIMITED, "reduce", CASE14, "-o", READ_ONLY / "reduction"),
        (FILLING_UP, "score", agent, "--output", tmp_path / "begun", *short),
    )
    assert list(tmp_path.rglob("*")) == [tmp_path / "begun", tmp_path / "begun" / "contest.json"]


def test_training_refuses_a_full_disk_and_a_read_only_folder(tmp_path):
    pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")
    quick = ("--timesteps", 16, "--set=training.episodes=1", "--set=training.batch_size=8")
    busy = ("--set=environment=l2rpn_case14_sandbox", "--set=scenarios.train.names='0000'")
    small = ("--set=scenarios.validation.names='0001'", "--set=overload.critical_rho=0.8")
    require_refused(
        (FULL, "train", "case14", "--output", tmp_path / "run"),
        (UNLIMITED, "train", "case14", "--output", READ_ONLY / "run"),
        (FILLING_UP, "train", "case14", "--output", tmp_path / "begun", *quick, *busy, *small),
    )
    assert not list(tmp_path.iterdir()), "there is no checkpoint to go on from"


def test_a_regular_file_is_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("ü", encoding="utf-8")
    assert read_text(path) == "ü"
    with pytest.raises(OSError, match="larger than"):
        read_bytes(path, limit=1)


@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "sparse", "folder", "name"])
def test_nothing_else_is_waited_for_or_read_without_end(kind, tmp_path):
    path = tmp_path / "a"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)
    elif kind == "sparse":
        with path.open("wb") as file:
            file.truncate(200 * 10**9)
    elif kind == "folder":
        path.mkdir()
    else:
        path = tmp_path / "a\0b"
    with pytest.raises(OSError, match=r".") as caught:
        read_bytes(path)
    assert caught.value.strerror
    with pytest.raises(PowrlError, match=r"the policy .* is damaged or no npz file \(.*\); again"):
        load_arrays(path, "policy", "again")


def test_arrays_that_unpack_to_much_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("powrl.player.array_file.MAX_BYTES", 10**6)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"0" * 2_000_000)
    assert path.stat().st_size < 10**5
    with pytest.raises(PowrlError, match="it holds more than 1 MB"):
        load_arrays(path, "policy", "again")


@pytest.mark.parametrize(
    "use",
    [
        lambda path: run_folder("score", Path(path)).__enter__(),
        powrl.package,
        lambda path: powrl.package("rte_case14_realistic/powrl", path),
        powrl.check,
        load_configuration,
        lambda path: open_environment(Scenarios("", path)),
    ],
)
def test_paths_that_are_no_utf8_are_refused_in_python_too(use, tmp_path):
    with pytest.raises(PowrlError, match=r"h\\udcf6he' is no UTF-8; rename the file or folder"):
        use(str(tmp_path / "h\udcf6he"))
    assert not list(tmp_path.iterdir())
