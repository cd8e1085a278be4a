"""Unpacking a zip of unknown origin: nothing is run, and nothing is written outside one folder."""

from __future__ import annotations

import json
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import PowrlError
from ..player.agent_folder import AGENT_FILE
from ..player.files import is_environment_name
from .runtime import AGENT_FOLDER, ENTRY, ENTRY_FILE, METADATA

MAX_FILES = 10_000
MAX_UNPACKED_BYTES = 2 * 1024**3
"""Editions accept zips of up to 500 MB."""
MAX_DEPTH, _MAX_NAME = 50, 255
_CHUNK = 1024**2
_ENCRYPTED = 0x1
# zipfile raises NotImplementedError and RuntimeError for compressions that it does not know
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises of damaged bytes, besides errors of reading."""


@dataclass(frozen=True)
class Unpacked:
    """What was unpacked.

    Attributes
    ----------
    folder:
        Where.
    n_files, n_bytes:
        Number of files and the sum of their sizes.
    """

    folder: Path
    n_files: int
    n_bytes: int


def unpack(path: Path, folder: Path) -> Unpacked:
    """Unpack a submission zip into an empty folder.

    Raises
    ------
    PowrlError
        It is no whole zip, is no submission, is too large, or has an entry that would be written
        elsewhere or is no plain file.
    """
    if not path.is_file():
        raise PowrlError(f"there is no zip {path}; make one: powrl package.")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _require_sizes(path, entries)
            for entry in entries:
                _require_safe(path, entry)
            _require_unique(path, entries)
            _require_submission(path, entries)
            return _write(path, archive, entries, folder)
    except DAMAGES as error:
        raise PowrlError(
            f"{path} is no zip, is cut short or is damaged ({error}); make it again: powrl package."
        ) from error
    except OSError as error:
        raise PowrlError(
            f"{path} cannot be unpacked ({error.strerror or error}); make room on the disk, or "
            "make the zip again: powrl package."
        ) from error


def named_environment(path: Path) -> str | None:
    """The environment that the ``agent.json`` in a zip of ``powrl package`` names.

    None where there is none, which other zips need not have, or where it cannot be read.
    """
    try:
        environment = json.loads(_small_file(path, f"{AGENT_FOLDER}/{AGENT_FILE}"))["environment"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return environment if is_environment_name(environment) else None


def is_packaged(path: Path) -> bool:
    """Whether a zip is one of ``powrl package``: what it runs first is what that puts there."""
    return _small_file(path, ENTRY_FILE) == ENTRY.encode()


def _small_file(path: Path, name: str) -> bytes:
    """A file in a zip; nothing where it is missing, large, or cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(name) if archive.getinfo(name).file_size <= _CHUNK else b""
    except (*DAMAGES, OSError, KeyError):
        return b""


def _require_sizes(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES:
        raise PowrlError(
            f"{path} holds {len(entries)} files, more than {MAX_FILES}; leave out what the agent "
            "does not read."
        )
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise _too_large(path)


def _require_safe(path: Path, entry: zipfile.ZipInfo) -> None:
    # zipfile has cut and changed `filename` already, or read it from an extra field (Python 3.12)
    for name in (entry.orig_filename, entry.filename):
        if why := _fault_of_name(name) or _fault_of_kind(entry):
            raise PowrlError(f"{path}: the entry {_shown(name)} {why}.")


def _fault_of_name(name: str) -> str | None:
    """Why an entry of this name cannot be unpacked, and what to do."""
    parts = name.removesuffix("/").split("/")
    if "\\" in name or "\0" in name:
        return "has a backslash or a zero byte in its name; separate folders by /"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute path; make it relative"
    if any(part in ("", ".", "..") for part in parts):
        return "leads out of its folder, or has an empty part; name it plainly"
    if len(parts) > MAX_DEPTH:
        return f"lies more than {MAX_DEPTH} folders deep; bring it nearer to the top"
    if any(len(part.encode()) > _MAX_NAME for part in parts):
        return f"has a name of more than {_MAX_NAME} bytes; shorten it"
    return None


def _fault_of_kind(entry: zipfile.ZipInfo) -> str | None:
    """Why such an entry cannot be unpacked, and what to do."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a symbolic link; put the file itself there"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no plain file; leave it out"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted; zip it without a password"
    return None


def _shown(name: str) -> str:
    return repr(name if len(name) <= _MAX_NAME else f"{name[:_MAX_NAME]}…")


def _require_unique(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.filename in seen:
            raise PowrlError(f"{path}: the entry {entry.filename!r} is there twice; keep one.")
        seen.add(entry.filename)
    for entry in entries:
        name = entry.filename.removesuffix("/")
        if name != entry.filename and name in seen:
            raise _is_both(path, name)
        for parent in Path(name).parents:
            if str(parent) in seen:
                raise _is_both(path, str(parent))


def _is_both(path: Path, name: str) -> PowrlError:
    return PowrlError(f"{path}: the entry {name!r} is a file and a folder; rename one.")


def _require_submission(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    names = {entry.filename for entry in entries}
    for needed, description in (
        (METADATA, "a text file"),
        (ENTRY_FILE, "a module with the function make_agent"),
    ):
        if needed in names:
            continue
        deeper = sorted(name for name in names if name.endswith(f"/{needed}"))
        advice = f"zip what is in the folder of {deeper[0]}, not the folder" if deeper else "add it"
        raise PowrlError(f"{path} has no {needed} ({description}) at its root; {advice}.")


def _write(
    path: Path, archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], folder: Path
) -> Unpacked:
    n_files = n_bytes = 0
    for entry in entries:
        target = folder / entry.filename
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, target.open("xb") as file:
            while chunk := source.read(_CHUNK):
                n_bytes += len(chunk)
                if n_bytes > MAX_UNPACKED_BYTES:  # whatever the header says
                    raise _too_large(path)
                file.write(chunk)
        n_files += 1
    return Unpacked(folder, n_files, n_bytes)


def _too_large(path: Path) -> PowrlError:
    return PowrlError(
        f"{path} is larger than {MAX_UNPACKED_BYTES / 1e6:.0f} MB when unpacked; leave out what "
        "the agent does not read."
    )
