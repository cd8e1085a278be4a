"""Scenarios split into folders to train on, to choose by, and to report."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..environments.folder_files import CHRONICS, require_regular_files
from ..errors import PowrlError, count, shown
from ..player.files import is_environment_name, refusing_unwritable
from ..storage.whole_folder import whole_folder
from .folders import is_environment_folder, require_outside_environments, scenario_names

SUFFIXES = ("train", "val", "test")
"""Ends of the names of the three folders, as configurations have them: what trains, what chooses
settings and checkpoints, and what is reported."""


@dataclass(frozen=True)
class Shares:
    """Shares of the scenarios that choose and that are reported; the others train."""

    choose: float = 0.2
    report: float = 0.2

    def __post_init__(self) -> None:
        """Raise a `PowrlError` for impossible shares."""
        # in this form, since no comparison with nan holds
        if not (self.choose > 0 and self.report > 0 and self.choose + self.report < 1):
            raise PowrlError(
                f"the shares to choose by ({self.choose:g}) and to report ({self.report:g}) need "
                "to be above 0, and below 1 together: the rest trains."
            )


def split_names(names: list[str], shares: Shares, seed: int) -> tuple[list[str], ...]:
    """The scenarios that train, choose and are reported, each sorted.

    The sorted names are cut into as many stretches as scenarios are held out, and one is drawn of
    each: with dates in the names, all seasons are in all three.

    Raises
    ------
    PowrlError
        There are too few for the shares: each part needs one at least.

    Examples
    --------
    >>> split_names(["a", "b", "c"], Shares(), 0)
    (['a'], ['c'], ['b'])
    """
    n_choose, n_report = (
        max(1, round(part * len(names))) for part in (shares.choose, shares.report)
    )
    if len(names) <= n_choose + n_report:
        raise PowrlError(
            f"too few to split ({count(len(names), 'scenario')}): {n_choose} to choose by and "
            f"{n_report} to report leave none to train; give more scenarios, or smaller shares."
        )
    generator = np.random.default_rng(seed)
    stretches = np.array_split(np.array(sorted(names)), n_choose + n_report)
    drawn = [str(generator.choice(stretch)) for stretch in stretches]
    held_out = [drawn[index] for index in generator.permutation(len(drawn))]
    chosen, reported = held_out[:n_choose], held_out[n_choose:]
    return sorted(set(names) - set(held_out)), sorted(chosen), sorted(reported)


def split_folder(
    folder: Path, output: Path, name: str, shares: Shares, seed: int
) -> dict[Path, list[str]]:
    """Write three environment folders, ``<name>_train``, ``<name>_val`` and ``<name>_test``.

    Files of scenarios are hard links where the file system has them, which take no space, and
    copies elsewhere.

    Parameters
    ----------
    folder:
        The environment folder; it stays as it is.
    output:
        The folder that will hold the three: what configurations take as ``--data``.
    name:
        What the names of the three begin with.

    Returns
    -------
    dict
        Each folder and the names of its scenarios.

    Raises
    ------
    PowrlError
        It is no environment folder, has too few scenarios, or one of the three is there already;
        `name` is no name of a folder, or `output` is inside an environment folder.
    """
    if not is_environment_folder(folder):
        raise PowrlError(f"{folder} is no environment folder: it needs grid.json and config.py.")
    require_regular_files(folder)
    parts = split_names(list(scenario_names(folder)), shares, seed)
    targets = [output / f"{name}_{suffix}" for suffix in SUFFIXES]
    if not is_environment_name(name) or not all(is_environment_name(t.name) for t in targets):
        raise PowrlError(f"{shown(name)} is no name of a folder; choose another --name.")
    with refusing_unwritable(output):
        for target in targets:
            require_outside_environments(target)
            if target.exists():
                raise PowrlError(f"{target} exists already; choose another --output or --name.")
        output.mkdir(parents=True, exist_ok=True)
    with refusing_unwritable(output), ExitStack() as stack:  # all three are there, or none
        for target, names in zip(targets, parts, strict=True):
            partial = stack.enter_context(whole_folder(target))
            copy_settings(folder, partial)
            for scenario in names:
                shutil.copytree(
                    folder / CHRONICS / scenario,
                    partial / CHRONICS / scenario,
                    copy_function=_link_or_copy,
                )
    return dict(zip(targets, parts, strict=True))


def copy_settings(folder: Path, target: Path) -> None:
    """Copy the files of an environment folder, without its scenarios, and make room for others."""
    for path in sorted(folder.iterdir()):
        if path.is_file():
            shutil.copyfile(path, target / path.name)
    (target / CHRONICS).mkdir()


def _link_or_copy(source: str, target: str) -> None:
    file = os.path.realpath(source)  # a relative link would lead nowhere from its new place
    try:
        os.link(file, target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(file, target)
