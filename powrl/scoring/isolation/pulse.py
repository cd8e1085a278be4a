"""A sign of life in shared memory: how long a call takes is measured from outside."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager

_LAYOUT = struct.Struct("=QQ?")


class Pulse:
    """Counts calls of foreign code, in memory that a process shares with those that it forks.

    No closed stream and no replaced clock of the code stops it.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _LAYOUT.size)
        self._count = self._depth = 0
        self._is_finished = False

    def change(self, by: int) -> None:
        """Begin a call (1), or end one (-1)."""
        self._count += 1
        self._depth += by
        self._write()

    def finish(self) -> None:
        """Note that the task has come to its end, with a result."""
        self._is_finished = True
        self._write()

    @property
    def call(self) -> int | None:
        """A number of the call that is under way, or None between two."""
        count, depth, _ = _LAYOUT.unpack_from(self._memory, 0)
        return count if depth else None

    @property
    def is_finished(self) -> bool:
        """Whether `finish` was called; foreign code may have left the process before."""
        return bool(_LAYOUT.unpack_from(self._memory, 0)[2])

    def _write(self) -> None:
        _LAYOUT.pack_into(self._memory, 0, self._count, self._depth, self._is_finished)


_pulses: list[Pulse] = []


def beat(pulse: Pulse) -> None:
    """Have `called` count in a pulse from now on, in this process."""
    _pulses[:] = [pulse]


@contextmanager
def called() -> Iterator[None]:
    """Context of a call of foreign code, whose time is limited where a supervisor looks on."""
    for pulse in _pulses:
        pulse.change(1)
    try:
        yield
    finally:
        for pulse in _pulses:
            pulse.change(-1)
