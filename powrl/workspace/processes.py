"""Worker processes: how they start and end, and what is said of one that is killed."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Generator, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing import resource_tracker
from typing import Any

from ..errors import NotSupportedError, PowrlError

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


def start_worker() -> None:
    """Make a new process ready for tasks; `keep_imports` follows."""
    end_with_parent()
    # each process imports grid2op anew, which warns of what the user has been warned of once
    warnings.simplefilter("ignore")
    # an agent's processes are those of Python, not of who started this one
    multiprocessing.set_start_method(None, force=True)
    gc.disable()  # while it imports


@cache
def keep_imports() -> None:
    """Never search for garbage what this process has imported.

    To search it again and again takes a fifth of the time of all that is played.
    """
    gc.freeze()
    gc.enable()


def require_posix(subject: str) -> None:
    """Refuse what needs processes that can be forked, limited and ended together.

    Parameters
    ----------
    subject:
        What needs them, as the beginning of a sentence.

    Raises
    ------
    NotSupportedError
        This is Windows.
    """
    if sys.platform == "win32":
        raise NotSupportedError(
            f"{subject} needs Linux or macOS; on Windows use the Windows Subsystem for Linux."
        )


def end_with_parent() -> None:
    """Have this worker process end when its parent is gone, as after ``kill -9``."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="powrl-parent", daemon=True).start()


@contextmanager
def deaf_processes() -> Iterator[None]:
    """Context in which processes start that ignore Ctrl-C; this process stops them.

    They inherit the blocked signal. This process receives it at the end of the context. Windows,
    which blocks no signals, ends them with this process.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # joblib would start it, and it unblocks Ctrl-C as it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Context that Ctrl-C and SIGTERM do not cut through; they take effect at its end.

    An exception within the locks of threads, as those of TensorBoard, can leave a thread waiting.
    """
    if threading.current_thread() is not threading.main_thread():  # to which no signals come
        yield
        return
    came: list[int] = []
    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def closing_quietly(results: Generator[Any]) -> Iterator[Generator[Any]]:
    """``contextlib.closing`` without joblib's warning about tasks that are stopped."""
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".* tasks which were still being processed")
            results.close()
