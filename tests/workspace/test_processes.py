"""Workers that are killed are told of, and workers of a killed parent end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from joblib import Parallel, delayed

from powrl.player.errors import PowrlError
from powrl.workspace.processes import refusing_killed_workers, uninterrupted
from powrl.workspace.runs import locked

_PARENT = """
import subprocess, sys, time
worker = "from powrl.workspace.processes import end_with_parent as e; import time; e(); " \\
    "print(1, flush=True); time.sleep(60)"
process = subprocess.Popen([sys.executable, "-c", worker], stdout=subprocess.PIPE)
process.stdout.readline()
print(process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end_of_what_it_must_not_cut_through(number: signal.Signals) -> None:
    events: list[object] = []
    before = signal.signal(number, lambda *_: events.append("signal"))
    try:
        with uninterrupted():
            signal.raise_signal(number)
            events.append("whole")
        signal.raise_signal(number)
    finally:
        signal.signal(number, before)
    assert events == ["whole", "signal", "signal"]


def test_a_killed_worker_is_told_of() -> None:
    work = [delayed(os.kill)(os.getpid(), 0), delayed(_end)()]
    with (
        pytest.raises(PowrlError, match=r"a worker process was killed.*--resume"),
        refusing_killed_workers(),
    ):
        Parallel(2)(work)


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_ends_with_its_parent() -> None:
    command = [sys.executable, "-c", _PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    for _ in range(200):
        if not _runs(worker):
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker goes on")


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").split()[2] != "Z"
    except OSError:
        return False


def test_a_folder_is_written_by_one_process(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(PowrlError, match="another process writes into"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass
