from __future__ import annotations

from pathlib import Path

import pytest

from powrl.player.errors import PowrlError
from powrl.storage.json_file import read_json, read_json_object


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"ü": [1]}', encoding="utf-8")
    assert read_json(path, "mend it") == read_json_object(path, "mend it") == {"ü": [1]}
    path.write_text("null", encoding="utf-8")
    assert read_json(path, "mend it") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"", "no JSON: Expecting value: line 1"),
        (b"\xff", "no JSON: 'utf-8' codec can't decode"),
        (b"[" * 100_000, "no JSON: it is nested too deeply"),
        (b'{"a": [{"b": 1, "c": 2, "b": 1}]}', "no JSON: the key 'b' is given twice"),
        (b"[]", "no mapping of keys to values"),
    ],
)
def test_an_error_is_one_sentence(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PowrlError, match=rf"a\.json cannot be read \({reason}.*\); mend it\.$"):
        read_json_object(path, "mend it")
