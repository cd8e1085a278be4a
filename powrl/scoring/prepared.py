"""Private copies of an environment with the references of an episode, sealed by a digest."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import PowrlError
from ..storage.digest import digest_of
from ..storage.temporary import remove_folder
from .contest import Contest, PlannedEpisode
from .official import compute_references, copy_environment
from .references import drop_unneeded, keep_references, restore_references

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """What an episode is played and scored with.

    Attributes
    ----------
    folder:
        The copy.
    digest:
        Digest of all its files as they were made.
    refusals:
        Reasons why grid2op played some references itself.
    """

    folder: Path
    digest: str
    refusals: frozenset[str] = frozenset()


def prepare(
    contest: Contest, episode: PlannedEpisode, parent: Path, cached: Path | None = None
) -> Prepared:
    """Make a private copy of the environment, with an episode's references.

    Parameters
    ----------
    parent:
        Folder for it; what it holds is removed.
    cached:
        Where the references are kept between runs; None computes them.
    """
    if parent.exists():  # left by a process that was killed
        remove_folder(parent)
    folder = copy_environment(contest, episode, parent)
    refusals: set[str] = set()
    if cached is None or not restore_references(cached, folder):
        refusals = compute_references(contest, episode, folder)
        if cached is not None:
            keep_references(folder, cached)
        drop_unneeded(folder)
    return Prepared(folder, digest_of(folder), frozenset(refusals))


def unchanged(contest: Contest, episode: PlannedEpisode, prepared: Prepared, parent: Path) -> Path:
    """The prepared folder, or one that is made anew in `parent` where it has been changed.

    Raises
    ------
    PowrlError
        The files of the scenario have been changed as well.
    """
    if digest_of(prepared.folder) == prepared.digest:
        return prepared.folder
    return _prepare_anew(contest, episode, parent)


def unchanged_copy(
    contest: Contest, episode: PlannedEpisode, prepared: Prepared, parent: Path
) -> Path:
    """A copy of the prepared folder in a new `parent`, made anew where it has been changed.

    Raises
    ------
    PowrlError
        As `unchanged` does.
    """
    copy = shutil.copytree(prepared.folder, parent / prepared.folder.name)
    if digest_of(copy) == prepared.digest:
        return copy
    shutil.rmtree(parent)
    return _prepare_anew(contest, episode, parent)


def _prepare_anew(contest: Contest, episode: PlannedEpisode, parent: Path) -> Path:
    log.warning(
        "the references of %s, seed %s, were changed while they were in use: they are computed "
        "anew",
        episode.scenario,
        episode.seed,
    )
    if replace(contest).files[episode.scenario] != contest.files[episode.scenario]:
        raise PowrlError(
            f"the files of the scenario {episode.scenario} were changed while it was scored; "
            "restore them, and begin a new run."
        )
    return prepare(contest, episode, parent).folder
