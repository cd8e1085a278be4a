"""Runs a command, and ends all that it started with it: a script for a process of its own.

``python -I supervisor.py COMMAND...`` ends as the command does (exit code or signal). It ends the
command early on SIGTERM, and when whoever started it dies. On Linux it adopts what outlives its
parent, so that not even a process in a session of its own is left; elsewhere such a one is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

_ON_DEATH_OF_PARENT, _ADOPT_ORPHANS = 1, 36
"""Numbers of prctl(2): PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER."""


def main(command: Sequence[str]) -> NoReturn:
    """Run the command to its end, or to ours."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # of a crash as large as the memory
    adopt_orphans()
    end_with_parent()
    process = None
    try:
        process = subprocess.Popen(command, start_new_session=True)
        code = process.wait()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if process is not None:
            end_session(process.pid)
        end_children()
    end_as(code)


def adopt_orphans() -> None:
    """Make processes of this one whatever outlives its parent below it; on Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Have SIGTERM end this process when who started it dies; on Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ON_DEATH_OF_PARENT, int(signal.SIGTERM), 0, 0, 0)


def end_session(leader: int) -> None:
    """Kill a process and all that stayed in its session."""
    # it may have ended; macOS then forbids it
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_children() -> None:
    """Kill all children until none is left: those of who ended become ours on Linux."""
    while processes := children():
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def children() -> list[int]:
    """The children of this process, where there is a ``/proc``; none elsewhere."""
    processes = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        except (FileNotFoundError, ProcessLookupError):  # it ended just now
            continue
        if int(after_name.split()[1]) == os.getpid():
            processes.append(int(file.parent.name))
    return processes


def end_as(code: int) -> NoReturn:
    """Exit with this code, or by the signal that it stands for when negative."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
