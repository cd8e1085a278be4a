"""Limits of time for the process of a task, and the end of all that it has started."""

from __future__ import annotations

import os
import signal
import sys
from time import monotonic, sleep
from typing import NoReturn

from ...submission.supervisor import adopt_orphans, end_children, end_session, end_with_parent
from .order import End, Order, Reply
from .pulse import Pulse
from .task import run

_LONGEST_PAUSE = 0.05
"""Seconds between two looks at the process."""


def supervise(order: Order, report: int) -> NoReturn:
    """Fork the process of a task, and end it with all that it has started.

    Parameters
    ----------
    report:
        Pipe for the `Reply`.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    adopt_orphans()
    end_with_parent()
    pulse = Pulse()
    process = os.fork()
    if not process:
        os.close(report)
        run(order, pulse)
    reply = None
    try:
        reply = _watch(process, pulse, order)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_session(process)
        end_children()
        if reply is not None:
            os.write(report, reply.to_bytes())
        os._exit(0)


def _watch(process: int, pulse: Pulse, order: Order) -> Reply:
    watch, pause = _Watch(pulse), 0.001
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            end: End = "result" if pulse.is_finished else "exit"
            return Reply(order.number, end, os.waitstatus_to_exitcode(status))
        now = monotonic()
        if now - watch.begin > order.limits.episode:
            return Reply(order.number, "episode")
        if watch.call_takes(now) > order.limits.decision:
            return Reply(order.number, "decision")
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


class _Watch:
    """A clock of a task, which the task cannot reach."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._call: int | None = None
        self.begin = self._since = monotonic()

    def call_takes(self, now: float) -> float:
        """Seconds for which the present call has been seen; 0 between two calls."""
        call = self._pulse.call
        if call is None or call != self._call:
            self._call, self._since = call, now
        return now - self._since
