"""Digests of what scenarios are played from: their time series, and the grid that they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from ..errors import PowrlError
from .digest import digest_of

CHRONICS = "chronics"
"""Folder of the scenarios in an environment folder."""

_WRITTEN = ("__pycache__", "_statistics*")
"""Files that Python and grid2op may write into an environment folder."""


def shared_parts(folder: Path) -> list[Path]:
    """The parts of an environment folder besides its scenarios, by name."""
    return sorted(
        part
        for part in folder.iterdir()
        if part.name != CHRONICS and not any(map(part.match, _WRITTEN))
    )


def scenario_digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Name of each scenario of an environment folder -> digest of all that it is played from.

    Raises
    ------
    PowrlError
        A file cannot be read.
    """
    grid = digest_of(*shared_parts(folder))
    return {
        name: sha256((grid + digest_of(folder / CHRONICS / name)).encode()).hexdigest()
        for name in names
    }


def require_same_scenarios(
    before: Mapping[str, str], now: Mapping[str, str], folder: Path, began: str
) -> None:
    """Refuse scenarios whose digests are not those of before.

    Parameters
    ----------
    began:
        What began with them, for the sentence.

    Raises
    ------
    PowrlError
        The first scenario that is another one, is gone, or was not there.
    """
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            raise PowrlError(
                f"the time series of the scenario {name}, or other files of {folder}, are not "
                f"those that the {began} began with; restore them, or start the {began} anew."
            )
