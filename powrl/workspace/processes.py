"""Worker processes: what is said of one that is killed, and how they end with their parent."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from ..errors import PowrlError

SECONDS = 1.0
"""How often a worker looks whether its parent is there."""


@contextmanager
def refusing_killed_workers() -> Iterator[None]:
    """Turn the error about a worker process that ended early into a `PowrlError`."""
    try:
        yield
    except BrokenProcessPool as error:
        raise PowrlError(
            "a worker process was killed, as the system does where memory runs out; go on with "
            "--resume and fewer --jobs."
        ) from error


def end_with_parent() -> None:
    """Have this worker process end when its parent is gone, as after ``kill -9``."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="powrl-parent", daemon=True).start()
