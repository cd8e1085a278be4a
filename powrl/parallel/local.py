"""Tasks in processes of this machine."""

from __future__ import annotations

import gc
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from joblib import Parallel, delayed

from ..workspace.processes import (
    closing_quietly,
    deaf_processes,
    end_with_parent,
    refusing_killed_workers,
)

log = logging.getLogger(__name__)

TRIES = 2
"""Number of times that a task may be lost with its process before the run fails."""


def run_locally(
    tasks: Sequence[Callable[[], Any]], jobs: int, on_done: Callable[[int, Any], None]
) -> None:
    """Run tasks in processes, as `powrl.parallel.run.run` describes.

    The processes stay for the next run, and what they have opened.

    Raises
    ------
    PowrlError
        Processes end early twice with the same task.
    """
    waiting = dict(enumerate(tasks))
    lost: Counter[int] = Counter()
    while waiting:
        begun: list[int] = []
        try:
            with closing_quietly(_results(waiting, jobs, begun)) as results:
                for number, result in results:
                    del waiting[number]
                    on_done(number, result)
        except BrokenProcessPool:
            lost.update(number for number in begun if number in waiting)
            if max(lost.values(), default=TRIES) >= TRIES:
                with refusing_killed_workers():
                    raise
            log.warning("a process ended early; its tasks are tried once more")


def _results(
    tasks: dict[int, Callable[[], Any]], jobs: int, begun: list[int]
) -> Generator[tuple[int, Any]]:
    """Start tasks; yield number and result as they come, and note in `begun` which are sent."""

    def sent() -> Iterator[Any]:
        for number, task in list(tasks.items()):
            begun.append(number)
            yield delayed(_numbered)(number, task)

    parallel = Parallel(
        n_jobs=jobs,
        return_as="generator_unordered",
        initializer=_start_worker,
    )
    with deaf_processes():
        results: Generator[tuple[int, Any]] = parallel(sent())
    return results


def _numbered(number: int, task: Callable[[], Any]) -> tuple[int, Any]:
    return number, task()


def _start_worker() -> None:
    end_with_parent()
    # each process imports grid2op anew, which warns of what the user has been warned of once
    warnings.simplefilter("ignore")
    gc.freeze()  # what it has imported by now is not searched for garbage
