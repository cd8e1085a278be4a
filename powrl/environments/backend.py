"""The backend of all environments: lightsim2grid's, which reads each grid file once."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

_GRIDS = ("_grid", "_LightSimBackend__me_at_init")
"""What a backend holds of lightsim2grid's own kind, which copies itself."""

_READER = "_init_pp_backend"
"""The pandapower backend that read the file, which has no use afterwards."""

_SETTINGS = (
    "env_name",
    "glop_version",
    "n_busbar_per_sub",
    "detachment_is_allowed",
    "shunts_data_available",
    "_PATH_GRID_CLASSES",
)
"""What grid2op sets on a backend or its class before a grid is read."""


@dataclass(frozen=True)
class _Read:
    """What reading a grid file leaves on a backend, and on its class."""

    own: Mapping[str, Any]
    of_class: Mapping[str, Any]


_read: dict[str, _Read] = {}


@cache
def backend_of_read_grids() -> Any:
    """The class; a submission, which makes no environment, needs no lightsim2grid for it."""
    from lightsim2grid import LightSimBackend

    class LightSimBackendOfReadGrids(LightSimBackend):
        """``lightsim2grid.LightSimBackend``, but for the time to read a grid that was read before.

        grid2op reads it anew for each environment, and its runner for each episode: pandapower
        takes most of a second for that. All but the first are copies of what the first has read.
        """

        def load_grid(
            self, path: str | PathLike[str], filename: str | PathLike[str] | None = None
        ) -> None:
            """Read a grid (``grid2op.Backend.Backend.load_grid``)."""
            cls = type(self)
            key = self._key(path, filename)
            if (
                cls.n_line != -1
            ):  # another environment failed while it was made, and left its traces
                super().load_grid(path, filename)
            elif key in _read:
                for name, value in copy.deepcopy(_read[key].of_class).items():
                    setattr(cls, name, value)
                self.__dict__.update(_copied(_read[key].own))
            else:
                before = dict(vars(cls))
                super().load_grid(path, filename)
                changed = {
                    name: value
                    for name, value in vars(cls).items()
                    if name not in before or before[name] is not value
                }
                _read[key] = _Read(_copied(vars(self)), copy.deepcopy(changed))

        def _key(self, path: str | PathLike[str], filename: str | PathLike[str] | None) -> str:
            """A digest of all that reading depends on."""
            digest = hashlib.sha256(Path(self.make_complete_path(path, filename)).read_bytes())
            settings = [
                repr(getattr(owner, name)) for owner in (self, type(self)) for name in _SETTINGS
            ]
            digest.update(repr((settings, sorted(self._my_kwargs.items()))).encode())
            return digest.hexdigest()

    # grid2op's generated classes bear the backend's name, and pickles of a submission name those
    LightSimBackendOfReadGrids.__name__ = LightSimBackend.__name__
    return LightSimBackendOfReadGrids


def with_read_grids(task: partial[Result]) -> partial[Result]:
    """A task that takes along the grids that this process has read (about 0.2 MB each).

    The process that runs it reads none of them again: a second or two for each grid.
    """
    return partial(_run_with, dict(_read), task)


def _run_with(grids: Mapping[str, _Read], task: partial[Result]) -> Result:
    for key, read in grids.items():
        _read.setdefault(key, read)
    return task()


def _copied(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Independent of the original, as lightsim2grid's own copies of a backend are."""
    own = {name: value for name, value in attributes.items() if name not in (*_GRIDS, _READER)}
    copied = copy.deepcopy(own)
    copied.update({name: attributes[name].copy() for name in _GRIDS})
    copied[_READER] = None
    return copied
