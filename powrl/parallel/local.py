"""Tasks in processes of this machine."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from joblib import Parallel, delayed

from ..errors import PowrlError
from ..workspace.processes import (
    closing_quietly,
    deaf_processes,
    keep_imports,
    refusing_killed_workers,
    start_worker,
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

    return _started(sent(), jobs)


@contextmanager
def starting(jobs: int, module: str) -> Iterator[None]:
    """Start the processes of `run_locally` while this one does something else.

    Parameters
    ----------
    module:
        Name of a module that they import meanwhile.
    """
    imports = (delayed(_import)(module) for _ in range(jobs))
    with closing_quietly(_started(imports, jobs)) as started:
        try:
            yield
        except PowrlError:
            list(started)  # a process that is stopped while it starts may complain
            raise
        list(started)


def _started(tasks: Iterable[Any], jobs: int) -> Generator[Any]:
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", initializer=start_worker)
    with deaf_processes():
        results: Generator[Any] = parallel(tasks)
    return results


def _import(module: str) -> None:
    import_module(module)
    keep_imports()


def _numbered(number: int, task: Callable[[], Any]) -> tuple[int, Any]:
    keep_imports()  # those of the task
    return number, task()
