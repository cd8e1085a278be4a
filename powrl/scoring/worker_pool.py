"""The processes that play a contest."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing import resource_tracker
from typing import Any

from joblib import Parallel, delayed

from ..errors import PowrlError
from .worker import start_worker


@contextmanager
def workers_starting(jobs: int) -> Iterator[None]:
    """Start the processes of `play_contest` while this one plans, which takes as long."""
    with _closing(_started(jobs, (delayed(int)() for _ in range(jobs)))) as started:
        try:
            yield
        except PowrlError:
            list(started)  # a process that is stopped while it starts may complain
            raise
        list(started)


def run_tasks(jobs: int, tasks: list[Any]) -> Generator[Any]:
    """Yield results as they come; stop the workers before an error or Ctrl-C is raised."""
    with _closing(_started(jobs, tasks)) as coming:
        try:
            yield from coming
        except BrokenProcessPool as error:
            raise PowrlError(
                "a process that played episodes ended early: there was too little memory (give "
                "fewer --jobs), or an agent exits or crashes (see it with powrl check)."
            ) from error


def _started(jobs: int, tasks: Iterable[Any]) -> Generator[Any]:
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", initializer=start_worker)
    with _deaf_processes() if jobs > 1 else nullcontext():
        results: Generator[Any] = parallel(tasks)
    return results


@contextmanager
def _deaf_processes() -> Iterator[None]:
    """Context in which processes start that ignore Ctrl-C; this process stops them.

    They inherit the blocked signal. This process receives it at the end of the context.
    """
    resource_tracker.ensure_running()  # joblib would start it, and it unblocks Ctrl-C as it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _closing(results: Generator[Any]) -> Iterator[Generator[Any]]:
    """``contextlib.closing`` without joblib's warning about tasks that are stopped."""
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".* tasks which were still being processed")
            results.close()
