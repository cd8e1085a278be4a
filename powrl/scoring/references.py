"""The reference runs of grid2op's score class, kept in the user's cache between runs."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ..errors import PowrlError
from ..player.files import write_whole
from ..storage.digest import digest_of, digest_of_json
from ..submission.unpacking import DAMAGES
from ..workspace.cache import cache_folder, make_cache_folder
from ..workspace.versions import package_versions
from .contest import Contest, PlannedEpisode

JUDGES = ("grid2op", "lightsim2grid", "numpy", "pandas", "pandapower")
"""Packages whose versions may change the cost of a reference."""

_PACKAGE = Path(__file__).parents[1]
STEPPER = tuple(
    _PACKAGE / part
    for part in (
        "editions",
        "engines",
        "environments",
        "player/actions",
        "player/files.py",
        "player/grid",
        "player/grid2op_internals.py",
        "player/lookahead",
        "scoring/grid2op_internals.py",
        "scoring/lean_runs.py",
        "scoring/official.py",
        "scoring/stepped_references.py",
        "storage/text.py",
    )
)
"""Code of powrl that makes them: the cache must not outlive the mistakes of that code."""

_STATISTICS = "_statistics*"
_OBSERVED, _NEEDED = "obs_*", ("obs_load_p.npz", "obs_prod_p.npz")
"""Observations of the references, and the part of them that a score needs."""

_SEAL = "seal"
"""Entry of a kept file with the digest of all others, and of the file's name."""

log = logging.getLogger(__name__)


def reference_files(contest: Contest) -> dict[PlannedEpisode, Path]:
    """The cache file of each episode's references.

    Its name is a digest of all that they depend on: every file of the environment and of the
    scenario, the seed, the length, the score class, the versions of packages, and powrl's code.
    """
    shared = {
        "name": contest.environment,
        "max_steps": contest.max_steps,
        "score": contest.edition.score,
        **package_versions(JUDGES),
        "stepper": digest_of(*STEPPER),
    }
    files = {}
    for episode in contest.episodes:
        facts = {
            **shared,
            "scenario": episode.scenario,
            "files": contest.files[episode.scenario],
            "seed": contest.episode_seed(episode.seed, episode.scenario),
        }
        key = digest_of_json(facts)
        files[episode] = cache_folder("references") / f"{key}.zip"
    return files


def restore_references(cached: Path, folder: Path) -> bool:
    """Put cached references into a private copy of the environment; whether they existed.

    A damaged file, and one that was changed since it was made, counts as missing, and the log says
    so.
    """
    if not cached.exists():
        return False
    try:
        with zipfile.ZipFile(cached) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
    except (*DAMAGES, OSError) as error:
        log.warning("the references %s are damaged (%s): they are computed anew", cached, error)
        return False
    if contents.pop(_SEAL, None) != _seal(cached, contents):
        log.warning(
            "the references %s were changed after they were made: they are thrown away, and "
            "computed anew",
            cached,
        )
        return False
    for name, content in contents.items():
        path = folder / name
        if folder.resolve() not in path.resolve().parents:
            raise PowrlError(f"{cached} holds a path outside its folder ({name}); remove it.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return True


def keep_references(folder: Path, cached: Path) -> None:
    """Keep the references that were computed in a private copy of the environment.

    Raises
    ------
    PowrlError
        The cache cannot be written.
    """
    contents = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in _written(folder)
        if _is_needed(path)
    }

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
            archive.writestr(_SEAL, _seal(cached, contents))

    make_cache_folder(cached.parent)
    write_whole(cached, write)


def drop_unneeded(folder: Path) -> None:
    """Remove what no score needs: 10 MB for each episode of a week on 36 substations."""
    for path in _written(folder):
        if not _is_needed(path):
            path.unlink()


def _seal(cached: Path, contents: Mapping[str, bytes]) -> bytes:
    """A digest that no other file of the cache has, whatever is copied from one to another."""
    digest = hashlib.sha256(cached.name.encode())
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\0{len(content)}\0".encode(errors="surrogateescape"))
        digest.update(content)
    return digest.hexdigest().encode()


def _written(folder: Path) -> list[Path]:
    """The files of all references in a private copy of the environment."""
    return [
        path
        for statistics in sorted(folder.glob(_STATISTICS))
        for path in sorted(statistics.rglob("*"))
        if path.is_file()
    ]


def _is_needed(path: Path) -> bool:
    return path.name in _NEEDED or not path.match(_OBSERVED)
