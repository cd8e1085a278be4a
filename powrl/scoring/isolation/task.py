"""The process that does a task: its surroundings, and the file with its result."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ...errors import PowrlError
from .order import OUTPUT_FILE, RESULT_FILE, Order
from .protected_files import protect
from .pulse import Pulse, beat
from .read_only import is_possible, make_read_only


def run(order: Order, pulse: Pulse) -> NoReturn:
    """Do a task, write its result, and end this process.

    The result is JSON, since foreign code may have had a hand in it.
    """
    leave, write, file = os._exit, _write, order.folder / RESULT_FILE
    try:
        _settle(order)
        _print_to(order.folder / OUTPUT_FILE)
        beat(pulse)
        function, arguments = pickle.loads(order.call)  # noqa: S301  of powrl
        protect(order.protected, order.folder)
        try:
            body = {"result": function(*arguments)}
        except PowrlError as error:
            body = {"refusal": str(error)}
        except BaseException as error:  # noqa: BLE001  whatever it is, it ends this task alone
            body = {"error": f"{type(error).__name__}: {error}"}
        write(file, body)
        pulse.finish()
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, ValueError, OSError):
                stream.flush()
    finally:
        leave(0)  # no thread of foreign code, and nothing that it registered, holds this up


def _settle(order: Order) -> None:
    """Leave the server's session, and take over the surroundings of whoever asks."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(OSError):  # where the system has it: out of memory, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    if is_possible():
        make_read_only(order.protected, order.folder)
    os.environ.clear()
    os.environ.update(order.variables)
    os.chdir(order.working_folder)
    sys.path[:] = order.path
    sys.argv[:] = [""]


def _print_to(file: Path) -> None:
    """Let all that this process and those that it starts print go to a file."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)


def _write(file: Path, body: dict[str, Any]) -> None:
    file.write_text(json.dumps(body), encoding="utf-8")
