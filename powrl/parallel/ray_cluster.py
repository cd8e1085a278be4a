"""Tasks on the machines of a Ray cluster."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import NotSupportedError, PowrlError
from ..storage.digest import digest_of
from ..workspace.processes import keep_imports
from ..workspace.versions import package_versions
from .folders import Folder, Relocatable, place_of, unpacked
from .jobs import RayJobs

_NEEDED = ("grid2op", "lightsim2grid", "numpy", "pandapower", "pandas", "scipy", "torch")
"""Packages whose versions may change a result."""

SECOND_TRY = 1
"""Number of times that Ray runs a task again whose process or machine is lost."""


@dataclass(frozen=True)
class _Parcel:
    """A folder on its way.

    Attributes
    ----------
    node:
        The machine of the user, which has the folder.
    archive:
        Ray's reference to the tar file; a machine that has unpacked it does not ask for it again.
    """

    path: Path
    node: str
    digest: str
    archive: Any

    def place(self, ray: Any) -> Path:
        """Where the folder lies on this machine."""
        if ray.get_runtime_context().get_node_id() == self.node:
            return self.path
        if place_of(self.digest).exists():
            return place_of(self.digest) / self.path.name
        return unpacked(self.path.name, self.digest, ray.get(self.archive).tobytes())


_parcels: dict[Folder, _Parcel] = {}
"""The folders that are on their way; their references hold while this process is connected."""


def run_on_ray(
    tasks: Sequence[partial[Any]],
    jobs: RayJobs,
    on_done: Callable[[int, Any], None],
    folders: Sequence[Folder] = (),
) -> None:
    """Run tasks on a cluster, as `powrl.parallel.run.run` describes.

    This process stays connected until it ends, so that the cluster's processes keep what they
    have opened.

    Raises
    ------
    PowrlError
        Ray is not installed, the cluster cannot be reached, its machines have another powrl, or
        a task was lost twice.
    """
    ray = _connected(jobs)
    parcels = [_parcel(ray, folder) for folder in folders]
    perform = ray.remote(num_cpus=1, max_retries=SECOND_TRY)(_perform)
    limit = jobs.number or max(1, int(ray.cluster_resources().get("CPU", 1)))
    waiting = list(enumerate(tasks))[::-1]
    running: dict[Any, int] = {}
    try:
        while waiting or running:
            while waiting and len(running) < limit:
                number, task = waiting.pop()
                running[perform.remote(task, parcels, _code())] = number
            (ready,), _ = ray.wait(list(running))
            number = running.pop(ready)
            on_done(number, _result(ray, ready))
    finally:
        for reference in running:
            ray.cancel(reference, force=True)


def _connected(jobs: RayJobs) -> Any:
    """The module of Ray, connected to the cluster, or to a new one of this machine."""
    # without these Ray begins with a notice about usage statistics and a warning about GPUs
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise NotSupportedError(
            "the backend ray needs Ray, which is not installed: pip install 'powrl[ray]'."
        ) from error
    if not ray.is_initialized():
        quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
        alone = {"address": "local", "num_cpus": jobs.number, "include_dashboard": False}
        options = alone if jobs.address is None else {"address": jobs.address}
        try:
            ray.init(**options, **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise PowrlError(
                f"there is no Ray cluster at {jobs.address} ({str(error).splitlines()[0]}); start "
                "one with: ray start --head."
            ) from error
        _parcels.clear()
    return ray


def _parcel(ray: Any, folder: Folder) -> _Parcel:
    if folder not in _parcels:
        # an array is shared by the processes of a machine, bytes would be copied
        archive = ray.put(np.frombuffer(folder.packed(), dtype=np.uint8))
        node = ray.get_runtime_context().get_node_id()
        _parcels[folder] = _Parcel(folder.path, node, folder.digest(), archive)
    return _parcels[folder]


def _perform(task: partial[Any], parcels: Sequence[_Parcel], code: str) -> Any:
    """Run a task in a process of the cluster."""
    import ray

    if _code() != code:
        raise PowrlError(
            f"the machine {ray.util.get_node_ip_address()} of the cluster has another powrl, or "
            "other versions of what it needs; install the same there."
        )
    keep_imports()  # those of the task
    places = {parcel.path: parcel.place(ray) for parcel in parcels}
    return _relocated(task, places)()


def _relocated(argument: Any, places: Mapping[Path, Path]) -> Any:
    """The same with other places in all arguments of a task, and of the tasks that it runs."""
    if isinstance(argument, partial):
        arguments = (_relocated(part, places) for part in argument.args)
        return partial(argument.func, *arguments, **argument.keywords)
    return argument.relocated(places) if isinstance(argument, Relocatable) else argument


@cache
def _code() -> str:
    """Digest of the code of powrl, and the versions of what it needs."""
    return f"{digest_of(Path(__file__).parents[1])} {package_versions(_NEEDED)}"


def _result(ray: Any, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise PowrlError(
            "a process or machine of the cluster was lost, and again as its task was tried once "
            "more: there is too little memory, or a plug-in exits or crashes."
        ) from error
