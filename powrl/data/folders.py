"""Environment folders: which there are, and what is in them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..environments.folder_files import CHRONICS
from ..environments.opening import (
    MULTIMIX_MARK,
    bundled_environments,
    installed_environments,
    require_bundled,
)
from ..errors import PowrlError

SCENARIO_FILE = "scenario_params.json"
GENERATOR_FILES = (
    *(SCENARIO_FILE, "params.json", "params_load.json", "params_loss.json"),
    *("params_opf.json", "params_res.json", "loads_charac.csv", "prods_charac.csv"),
)
"""What Chronix2Grid generates time series by."""


@dataclass(frozen=True)
class EnvironmentFolder:
    """An environment folder at hand.

    Attributes
    ----------
    place:
        ``"bundled"`` with grid2op, ``"installed"`` in its data folder, or ``"folder"``.
    path:
        The folder.
    scenarios:
        Names of its scenarios, sorted.
    has_settings:
        Whether Chronix2Grid can generate more of them.
    """

    place: str
    path: Path
    scenarios: tuple[str, ...]
    has_settings: bool

    @property
    def name(self) -> str:
        """The name of the folder: of those that grid2op keeps, the environment's."""
        return self.path.name


def environments_at_hand(folders: list[Path]) -> list[EnvironmentFolder]:
    """Environments bundled with grid2op, those that it downloaded, and those of some folders.

    Parameters
    ----------
    folders:
        Environment folders, or folders that hold some.

    Raises
    ------
    PowrlError
        One of them is not there, or neither is nor holds an environment folder.
    """
    bundled, installed = _bundled_folder(), _installed_folder()
    places = [
        *(("bundled", bundled / name) for name in bundled_environments()),
        *(("installed", installed / name) for name in installed_environments()),
        *(("folder", path) for folder in folders for path in _inside(folder)),
    ]
    return [
        environment_folder(part, place)
        for place, path in places
        for part in _mixes(path)
        if part.is_dir()
    ]


def environment_folder(path: Path, place: str = "folder") -> EnvironmentFolder:
    """What is in an environment folder.

    Examples
    --------
    >>> environment_folder(Path("l2rpn_wcci_2022_train")).scenarios  # doctest: +SKIP
    ('2050-01-10_5', ...)
    """
    return EnvironmentFolder(place, path, scenario_names(path), has_generator_settings(path))


def scenario_names(folder: Path) -> tuple[str, ...]:
    """Names of the scenarios of an environment folder, sorted; those without a table are none."""
    chronics = folder / CHRONICS
    if not chronics.is_dir():
        return ()
    return tuple(
        sorted(
            path.name
            for path in chronics.iterdir()
            if path.is_dir() and not path.name.startswith((".", "__"))
        )
    )


def has_generator_settings(folder: Path) -> bool:
    """Whether the folder has the files that Chronix2Grid needs."""
    return all((folder / name).is_file() for name in GENERATOR_FILES)


def is_environment_folder(path: Path) -> bool:
    """Whether a folder holds a grid and its settings."""
    return (path / "config.py").is_file() and (path / "grid.json").is_file()


def require_outside_environments(folder: Path) -> None:
    """Refuse a place inside an environment: a new folder there could become part of it.

    Parameters
    ----------
    folder:
        The environment folder to be made.

    Raises
    ------
    PowrlError
        A folder above it is an environment folder, or one of several mixes.
    """
    for place in Path(os.path.realpath(folder)).parents:
        if is_environment_folder(place) or (place / MULTIMIX_MARK).exists():
            raise PowrlError(
                f"{folder} would be inside the environment folder {place}; choose another --output."
            )


def find_environment(name: str) -> Path:
    """The folder of an environment: one that is named, of grid2op's data, or bundled with grid2op.

    Raises
    ------
    PowrlError
        There is none of this name.
    """
    if is_environment_folder(Path(name)):
        return Path(name)
    for place in (_installed_folder(), _bundled_folder()):
        if name and is_environment_folder(place / Path(name).name) and Path(name).name == name:
            return place / name
    require_bundled(name)
    raise PowrlError(f"{name} has several mixes; give the folder of one of them.")


def _bundled_folder() -> Path:
    import grid2op

    return Path(grid2op.__file__).parent / "data"


def _installed_folder() -> Path:
    import grid2op

    return Path(grid2op.get_current_local_dir())


def _inside(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise PowrlError(f"there is no folder {folder}; give one that holds environment folders.")
    if is_environment_folder(folder) or (folder / MULTIMIX_MARK).exists():
        return [folder]
    inside = sorted(
        path
        for path in folder.iterdir()
        if is_environment_folder(path) or (path / MULTIMIX_MARK).exists()
    )
    if not inside:
        raise PowrlError(
            f"{folder} holds no environment folder: none in it has grid.json and config.py."
        )
    return inside


def _mixes(path: Path) -> list[Path]:
    if not (path / MULTIMIX_MARK).exists():
        return [path]
    return sorted(part for part in path.iterdir() if is_environment_folder(part))
