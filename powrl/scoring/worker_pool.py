"""The processes that play a contest."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from typing import Any

from joblib import Parallel, delayed

from ..errors import PowrlError
from ..workspace.processes import closing_quietly, deaf_processes
from .worker import start_worker


@contextmanager
def workers_starting(jobs: int) -> Iterator[None]:
    """Start the processes of `play_contest` while this one plans, which takes as long."""
    with closing_quietly(_started(jobs, (delayed(int)() for _ in range(jobs)))) as started:
        try:
            yield
        except PowrlError:
            list(started)  # a process that is stopped while it starts may complain
            raise
        list(started)


def run_tasks(jobs: int, tasks: list[Any]) -> Generator[Any]:
    """Yield results as they come; stop the workers before an error or Ctrl-C is raised."""
    with closing_quietly(_started(jobs, tasks)) as coming:
        try:
            yield from coming
        except BrokenProcessPool as error:
            raise PowrlError(
                "a process that played episodes ended early: there was too little memory (give "
                "fewer --jobs), or an agent exits or crashes (see it with powrl check)."
            ) from error


def _started(jobs: int, tasks: Iterable[Any]) -> Generator[Any]:
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", initializer=start_worker)
    with deaf_processes() if jobs > 1 else nullcontext():
        results: Generator[Any] = parallel(tasks)
    return results
