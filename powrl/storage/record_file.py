"""Records of a run in a file of JSON lines: each is there as soon as it is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import PowrlError
from ..player.files import LARGE_FILE, read_bytes, refusing_unwritable, write_text_whole
from .digest import digest_of_json
from .json_file import parse_json

_DIGEST = "digest"


def append_record(path: Path, record: Mapping[str, Any]) -> None:
    """Add a line to a file, with a digest by which an edited line is known.

    Raises
    ------
    PowrlError
        It cannot be written.
    """
    with refusing_unwritable(path), path.open("a", encoding="utf-8") as file:
        file.write(_line(record))


def write_records(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Replace all lines of a file (`append_record`).

    Raises
    ------
    PowrlError
        It cannot be written.
    """
    write_text_whole(path, "".join(map(_line, records)))


def mend_records(path: Path) -> None:
    """Take a last line out of a file that a kill left half written, before more are added.

    Raises
    ------
    PowrlError
        The file cannot be read or written.
    """
    if path.exists():
        whole, half = _split(path)
        if half:
            write_text_whole(path, whole)


def read_records(
    path: Path, keys: Iterable[str], optional: Iterable[str] = (), older: bool = False
) -> list[dict[str, Any]]:
    """The records of a file, none where it is not there yet.

    A last line that is half written is left out; the file stays as it is, since a run that is
    under way may be writing it.

    Parameters
    ----------
    keys:
        Keys that each record has.
    optional:
        Keys that a record may have, too.
    older:
        Whether lines may lack a digest, as those of powrl 0.1 do.

    Raises
    ------
    PowrlError
        The file cannot be read, or a line is no such record or was edited.
    """
    if not path.exists():
        return []
    whole, _ = _split(path)
    records, expected, allowed = [], set(keys), set(optional)
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            record = parse_json(line)
        except ValueError as error:
            raise PowrlError(f"{path}, line {number}: no JSON; remove the line.") from error
        if not isinstance(record, dict) or set(record) - allowed - {_DIGEST} != expected:
            raise PowrlError(f"{path}, line {number}: no record of this run; remove the line.")
        if not (older and _DIGEST not in record) and record.pop(_DIGEST, None) != _digest_of(
            record
        ):
            raise PowrlError(
                f"{path}, line {number}: it was edited, or powrl 0.1 wrote it; restore or remove "
                "the line."
            )
        records.append(record)
    return records


def _digest_of(record: Mapping[str, Any]) -> str:
    return digest_of_json(record)[:16]


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps({**record, _DIGEST: _digest_of(record)}) + "\n"


def _split(path: Path) -> tuple[str, str]:
    """The whole lines of a file, and what follows them."""
    try:
        text = read_bytes(path, LARGE_FILE)
        whole = text[: text.rfind(b"\n") + 1]
        return whole.decode(), text[len(whole) :].decode(errors="replace")
    except (OSError, UnicodeDecodeError) as error:
        raise PowrlError(f"{path} cannot be read ({error}); begin a new run.") from error
