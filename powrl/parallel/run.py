"""Tasks run on a backend; none changes their results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from .folders import Folder
from .jobs import Jobs, RayJobs

Result = TypeVar("Result")
Task = partial[Result]
"""A function of a module with its arguments, which can be pickled. Tasks share nothing."""


def run(
    tasks: Sequence[Task[Result]],
    jobs: Jobs,
    on_done: Callable[[int, Result], None],
    folders: Sequence[Folder] = (),
) -> None:
    """Run tasks, and hand on each result as it comes.

    The results depend neither on the backend nor on the number of processes. The tasks of a
    process or machine that is lost get a second try. Ctrl-C, or an error of a task, ends all
    others.

    Parameters
    ----------
    tasks:
        Functions with their arguments.
    jobs:
        Where the tasks run. A single job runs in this process.
    on_done:
        Called in this process with the number of a task and its result, in the order in which
        tasks end.
    folders:
        Folders that the tasks read. They travel to other machines, and the arguments that have a
        method `relocated` get it called with the place of each (`powrl.parallel.folders`).

    Raises
    ------
    PowrlError
        The tasks of a lost process or machine are lost once more, or the cluster cannot be used.
    Exception
        A task has raised it.

    Examples
    --------
    >>> results = {}
    >>> run([partial(pow, 2, 3), partial(pow, 2, 4)], 1, results.__setitem__)
    >>> results
    {0: 8, 1: 16}
    """
    if isinstance(jobs, RayJobs):
        from .ray_cluster import run_on_ray

        run_on_ray(tasks, jobs, on_done, folders)
    elif jobs == 1:
        for number, task in enumerate(tasks):
            on_done(number, task())
    elif tasks:
        from .local import run_locally

        run_locally(tasks, jobs, on_done)


@contextmanager
def starting(jobs: Jobs, module: str) -> Iterator[None]:
    """Context in which the processes of `run` start, unless they are those of a cluster.

    Parameters
    ----------
    module:
        Name of a module that they import meanwhile.
    """
    if isinstance(jobs, RayJobs) or jobs == 1:
        yield
        return
    from . import local

    with local.starting(jobs, module):
        yield


def results_of(
    tasks: Sequence[Task[Result]], jobs: Jobs, folders: Sequence[Folder] = ()
) -> list[Result]:
    """Run tasks as `run` does, and return their results in the order of the tasks.

    Examples
    --------
    >>> results_of([partial(pow, 2, 3), partial(pow, 2, 4)], 1)
    [8, 16]
    """
    results: dict[int, Any] = {}
    run(tasks, jobs, results.__setitem__, folders)
    return [results[number] for number in range(len(tasks))]
