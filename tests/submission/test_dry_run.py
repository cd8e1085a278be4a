from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from powrl.player.errors import PowrlError
from powrl.submission.dry_run import DryRun, _run, _tail, dry_run
from powrl.submission.server import server_here

STARTS_A_PROCESS = """
import pathlib, subprocess, sys
started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path("pid").write_text(str(started.pid))
"""
ENDLESS = "\nimport time\nwhile True:\n    time.sleep(1)\n"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # whoever adopted it may not have reaped it yet
    return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")


def run(code: str, tmp_path: Path, timeout: float) -> int | None:
    with (tmp_path / "log").open("w+b") as log:
        return _run([sys.executable, "-I", "-c", code], tmp_path, log, timeout)


def left_by(tmp_path: Path) -> int:
    return int((tmp_path / "pid").read_text(encoding="utf-8"))


def wait_until_gone(pid: int) -> bool:
    for _ in range(100):
        if not is_running(pid):
            return True
        time.sleep(0.05)
    return False


def test_an_endless_loop_is_killed_with_what_it_started(tmp_path: Path) -> None:
    begin = time.monotonic()
    assert run(STARTS_A_PROCESS + ENDLESS, tmp_path, 3) is None
    assert time.monotonic() - begin < 30
    assert wait_until_gone(left_by(tmp_path))


def test_what_it_started_does_not_outlive_it(tmp_path: Path) -> None:
    assert run(STARTS_A_PROCESS, tmp_path, 60) == 0
    assert wait_until_gone(left_by(tmp_path))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_what_it_started_does_not_outlive_a_supervisor_that_it_killed_or_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("powrl.submission.dry_run._GRACE", 0.5)
    started = STARTS_A_PROCESS.replace(
        'time.sleep(60)"]', 'time.sleep(60)"], start_new_session=True'
    )
    assert "start_new_session" in started
    code = started + f"import os; os.kill(os.getppid(), {int(number)})" + ENDLESS
    assert run(code, tmp_path, 3) == (-number if number == signal.SIGKILL else None)
    assert wait_until_gone(left_by(tmp_path))


def test_it_does_not_outlive_a_check_that_is_killed(tmp_path: Path) -> None:
    check = f"""
import sys
from pathlib import Path
from powrl.submission.dry_run import _run
here = Path({str(tmp_path)!r})
command = [sys.executable, "-I", "-c", {STARTS_A_PROCESS + ENDLESS!r}]
_run(command, here, (here / "log").open("w+b"), 60)
"""
    process = subprocess.Popen([sys.executable, "-c", check])
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text(encoding="utf-8"):
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert wait_until_gone(left_by(tmp_path))


def test_the_signal_that_ended_it_is_told(tmp_path: Path) -> None:
    assert run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", tmp_path, 60) == -11


def test_the_exit_code_is_told(tmp_path: Path) -> None:
    assert run("raise SystemExit(3)", tmp_path, 60) == 3


def test_the_process_sees_few_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "x")
    code = (
        "import os; assert 'MY_SECRET' not in os.environ; assert os.environ['HOME'] == os.getcwd()"
    )
    assert run(code, tmp_path, 60) == 0


def test_the_last_lines_of_the_output_are_kept(tmp_path: Path) -> None:
    run("for i in range(20000): print('line', i)", tmp_path, 60)
    with (tmp_path / "log").open("rb") as log:
        lines = _tail(log).splitlines()
    assert lines[-1] == "line 19999"
    assert len(lines) == 30


def test_what_a_terminal_would_obey_is_not_shown(tmp_path: Path) -> None:
    run(r"print('\x1b[2J red \x07')", tmp_path, 60)
    with (tmp_path / "log").open("rb") as log:
        assert _tail(log) == "\ufffd[2J red \ufffd"


def test_an_environment_that_is_not_bundled_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="bundles no environment 'my_own_grid'"):
        dry_run(tmp_path, tmp_path, DryRun("my_own_grid"), server_here())


def test_a_missing_environment_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PowrlError, match="there is no folder"):
        dry_run(tmp_path, tmp_path, DryRun(data=tmp_path / "missing"), server_here())
