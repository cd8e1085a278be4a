"""The process that has imported grid2op, and forks a supervisor for each task."""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import NoReturn

from ...environments.opening import open_environment
from ...errors import PowrlError
from ...submission.supervisor import adopt_orphans, children
from ...workspace.processes import keep_imports, start_worker
from .order import Order, Reply, Warming
from .read_only import is_possible
from .supervisor import supervise


def main(descriptor: int) -> NoReturn:
    """Serve whoever has the other end of a pipe, until it closes it or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    start_worker()
    from .. import official  # noqa: F401  what tasks need, while no garbage is searched

    is_possible()  # tried once, for all forks
    keep_imports()
    Server(Connection(descriptor)).serve()
    os._exit(0)


class Server:
    """Forks, and tells how the forks ended.

    Parameters
    ----------
    connection:
        Brings an `Order` or a `Warming`, pickled; takes a `Reply` for each order.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._running: dict[int, tuple[int, int]] = {}
        """Pipe of a supervisor -> number of its order, and its process."""

    def serve(self) -> None:
        """Serve until the connection ends; no process is left then."""
        while True:
            for ready in wait([self._connection, *self._running]):
                if isinstance(ready, int):
                    self._finish(ready)
                    continue
                try:
                    # only powrl has the other end
                    message = pickle.loads(self._connection.recv_bytes())  # noqa: S301
                except EOFError:
                    self._end()
                    return
                if isinstance(message, Warming):
                    with suppress(PowrlError):  # the task tells it
                        open_environment(message.scenarios).close()
                else:
                    self._begin(message)

    def _begin(self, order: Order) -> None:
        reading, writing = os.pipe()
        process = os.fork()
        if not process:
            try:
                self._connection.close()
                for pipe in (reading, *self._running):
                    os.close(pipe)
                supervise(order, writing)
            finally:
                os._exit(1)
        os.close(writing)
        self._running[reading] = order.number, process

    def _finish(self, pipe: int) -> None:
        number, process = self._running.pop(pipe)
        with os.fdopen(pipe, "rb") as report:
            text = report.read()
        os.waitpid(process, 0)
        self._end_strays()
        with suppress(BrokenPipeError):
            self._connection.send_bytes(text or Reply(number, "killed").to_bytes())

    def _end_strays(self) -> None:
        """Kill what became a child of this process: a task may have killed its supervisor."""
        supervisors = {process for _, process in self._running.values()}
        while strays := set(children()) - supervisors:
            for process in strays:
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)

    def _end(self) -> None:
        for _, process in self._running.values():
            os.kill(process, signal.SIGTERM)
        for _, process in self._running.values():
            os.waitpid(process, 0)
        self._running.clear()
        self._end_strays()
