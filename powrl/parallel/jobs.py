"""Where tasks run: processes of this machine, or the machines of a Ray cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..errors import ConfigurationError

BackendName = Literal["local", "ray"]

MOST_PROCESSES = 1000
"""Processes of this machine at most; more are a slip of the pen."""


@dataclass(frozen=True)
class RayJobs:
    """Tasks run on a Ray cluster.

    Attributes
    ----------
    number:
        Number of tasks at a time; None: one for each CPU of the cluster.
    address:
        Address of the head node (``host:6379``), or ``auto`` for the cluster that this machine
        belongs to; None: a cluster of this machine alone, which ends with this process.
    """

    number: int | None = None
    address: str | None = None


Jobs: TypeAlias = int | RayJobs
"""Number of processes of this machine, or a Ray cluster."""


def processes_here(jobs: Jobs) -> int:
    """Number of processes for what only this machine can do.

    Examples
    --------
    >>> processes_here(3)
    3
    """
    if isinstance(jobs, RayJobs):
        from joblib import cpu_count

        return int(cpu_count())
    return jobs


def require_jobs(jobs: Jobs) -> None:
    """Refuse a number of processes that is none.

    Raises
    ------
    ConfigurationError
        It is neither a whole number from 1 to `MOST_PROCESSES` nor a cluster.

    Examples
    --------
    >>> require_jobs(4)
    """
    if isinstance(jobs, RayJobs):
        return
    if type(jobs) is not int or not 1 <= jobs <= MOST_PROCESSES:
        raise ConfigurationError(f"give --jobs from 1 to {MOST_PROCESSES}.")


def make_jobs(number: int, backend: BackendName = "local", address: str | None = None) -> Jobs:
    """Turn the options of a command into `Jobs`.

    Parameters
    ----------
    number:
        Processes of this machine; with Ray and no address, its CPUs. A cluster with an address
        uses all of its CPUs.

    Raises
    ------
    ConfigurationError
        An address is given without Ray, or there are more than `MOST_PROCESSES`.

    Examples
    --------
    >>> make_jobs(4)
    4
    >>> make_jobs(4, "ray", "head:6379")
    RayJobs(number=None, address='head:6379')
    """
    require_jobs(number)
    if backend == "local":
        if address is not None:
            raise ConfigurationError("--address names a Ray cluster; add --backend ray.")
        return number
    return RayJobs(number if address is None else None, address)
