"""Tasks for processes of their own, and their outcomes as they come."""

from __future__ import annotations

import atexit
import json
import os
import pickle
import signal
import stat
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from ...environments.opening import Scenarios
from ...workspace.processes import require_posix
from .order import RESULT_FILE, Limits, Order, Reply, Warming

_START = """
import warnings
warnings.simplefilter("ignore")  # of what it imports the user has been warned
import sys
descriptor = int(sys.argv[1])
sys.path[:] = sys.argv[2:]
from powrl.scoring.isolation.server import main
main(descriptor)
"""
_GRACE = 10.0
"""Seconds that the server has to end what it started."""

_MAX_RESULT = 10**7
"""Bytes of a result that are read."""


@dataclass(frozen=True)
class Task:
    """A call in a process of its own.

    Attributes
    ----------
    function, arguments:
        What is called; it returns what JSON can hold.
    folder:
        A folder that exists, for all that the call writes.
    protected:
        Files and folders that the call may not write, but for `folder`.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    folder: Path
    protected: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes
    ----------
    task:
        The task.
    result:
        What its function returned, if there is no failure.
    failure:
        The error of its function, or what ended its process; empty where there is none.
    is_sentence:
        Whether `failure` is the sentence of a `PowrlError`.
    """

    task: Task
    result: Any = None
    failure: str = ""
    is_sentence: bool = False


class _Server:
    """The other end of `powrl.scoring.isolation.server`."""

    def __init__(self) -> None:
        self._connection, other = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, str(other.fileno()), *map(str, sys.path)],
            pass_fds=[other.fileno()],
            stdin=subprocess.DEVNULL,
            env={"OMP_NUM_THREADS": "1", **os.environ},
            start_new_session=True,  # Ctrl-C is not for it
        )
        other.close()

    def send(self, message: Order | Warming) -> None:
        self._connection.send_bytes(pickle.dumps(message))

    def receive(self) -> Reply:
        return Reply.from_bytes(self._connection.recv_bytes())

    def close(self) -> None:
        """End it, with all that it has started."""
        self._connection.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        self._process.kill()
        self._process.wait()


_servers: list[_Server] = []
"""The server of this process, once there is one: to start it takes seconds."""


def start_server(scenarios: Scenarios | None = None) -> None:
    """Start the server, unless it is there already, without waiting for it.

    Parameters
    ----------
    scenarios:
        An environment that tasks will open.

    Raises
    ------
    NotSupportedError
        This is Windows.
    """
    if not _servers:
        require_posix("playing agents of any origin, each in a process of its own,")
        _servers.append(_Server())
    if scenarios is not None:
        with suppress(OSError):  # it has been ended, which the first task tells
            _servers[0].send(Warming(scenarios))


def stop_server() -> None:
    """End the server, if there is one, with all tasks."""
    while _servers:
        _servers.pop().close()


atexit.register(stop_server)


def run_isolated(
    tasks: Sequence[Task], jobs: int, limits: Limits | None = None
) -> Generator[Outcome]:
    """Yield the outcomes of tasks as they come, each from a process of its own.

    Parameters
    ----------
    jobs:
        Number of tasks at a time.
    limits:
        Limits of time of each task.

    Yields
    ------
    Outcome
        Nothing that the task has started is left.
    """
    limits = limits or Limits()
    waiting, running, suspects = deque(range(len(tasks))), set[int](), set[int]()
    try:
        while waiting or running:
            while waiting and len(running) < (1 if {*running, waiting[0]} & suspects else jobs):
                start_server()
                number = waiting.popleft()
                running.add(number)
                with suppress(OSError):  # the end of the server, which `receive` tells
                    _servers[0].send(_order(number, tasks[number], limits))
            try:
                reply = _servers[0].receive()
            except (EOFError, OSError):
                stop_server()
                # one of them has ended the server: one by one, only the culprit ends it again
                ended = sorted(running)
                running.clear()
                if len(ended) == 1 and ended[0] in suspects:
                    yield _outcome(tasks[ended[0]], Reply(ended[0], "killed"), limits)
                else:
                    suspects.update(ended)
                    waiting.extendleft(reversed(ended))
                continue
            running.discard(reply.number)
            yield _outcome(tasks[reply.number], reply, limits)
    finally:
        if running:
            stop_server()


def _order(number: int, task: Task, limits: Limits) -> Order:
    return Order(
        number,
        pickle.dumps((task.function, task.arguments)),
        task.folder.resolve(),
        tuple(path.resolve() for path in task.protected),
        limits,
        tuple(map(str, sys.path)),
        str(Path.cwd()),
        dict(os.environ),
    )


def _outcome(task: Task, reply: Reply, limits: Limits) -> Outcome:
    if reply.end == "decision":
        sentence = f"it had not answered after {limits.decision:g} s (--decision-timeout)"
    elif reply.end == "episode":
        sentence = f"it had not ended after {limits.episode:g} s (--episode-timeout)"
    elif reply.end == "killed":
        sentence = "it has ended the process that watches it"
    elif reply.code < 0:
        sentence = (
            f"its process was ended by signal {-reply.code} ({signal.strsignal(-reply.code)})"
        )
    else:
        # foreign code that leaves may have written a result of its own
        body = _read_result(task.folder / RESULT_FILE) if reply.end == "result" else None
        if body is not None:
            refusal, error = (str(body.get(key, "")) for key in ("refusal", "error"))
            return Outcome(task, body.get("result"), refusal or error, bool(refusal))
        sentence = f"its process ended early (exit code {reply.code})"
    return Outcome(task, failure=sentence)


def _read_result(file: Path) -> dict[str, Any] | None:
    """The result of a task; None where it has left none that can be read."""
    try:
        if not file.is_symlink():
            file.chmod(stat.S_IRUSR)  # the umask may have been changed
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as content:
            if not stat.S_ISREG(os.fstat(content.fileno()).st_mode):
                return None
            body = json.loads(content.read(_MAX_RESULT))
    except (OSError, ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and body.keys() & {"result", "refusal", "error"} else None
